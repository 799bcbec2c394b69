package impl

// Servers lists the reference servers that run on Windows. All others are made of the calls of Linux.
var Servers = []Server{iocp}
