//go:build linux

package multiproc

// restorerFlag: on this architecture the kernel brings the code that ends a signal handler.
const restorerFlag = 0
