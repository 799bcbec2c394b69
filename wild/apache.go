//go:build linux

package wild

import "os"

// Apache with its oldest way to serve many clients: a process has one of them at a time.
var apache = []System{{
	Name: "apache/prefork", Title: "Apache with processes made ahead",
	Package: "apache2-bin", Needs: []string{"apache2", modules + "mod_mpm_prefork.so"},
	Protocol: "http",
	Command:  []string{"apache2", "-d", "{dir}", "-f", "{dir}/apache.conf", "-DFOREGROUND"},
	Files:    map[string]string{"apache.conf": apacheConf()},
}}

const modules = "/usr/lib/apache2/modules/"

func apacheConf() string {
	user := ""
	if os.Getuid() == 0 {
		user = "User nobody\nGroup nogroup\n"
	}
	return `ServerRoot {dir}
ServerName iospec
DefaultRuntimeDir {dir}
PidFile {dir}/apache.pid
ErrorLog /dev/stderr
LoadModule mpm_prefork_module ` + modules + `mod_mpm_prefork.so
LoadModule authz_core_module ` + modules + `mod_authz_core.so
` + user + `Listen {address}
DocumentRoot {dir}
StartServers 100
MinSpareServers 1
MaxSpareServers 250
ServerLimit 250
MaxRequestWorkers 250
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
`
}
