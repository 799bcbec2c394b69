//go:build linux

package multiproc

// restorerFlag is SA_RESTORER: on this architecture the process brings the code that ends a signal handler.
const restorerFlag = 0x04000000
