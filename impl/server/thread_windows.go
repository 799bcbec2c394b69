package server

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var getThreadTimes = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetThreadTimes")

// threadID is the number by which the system knows the calling thread.
func threadID() int { return int(windows.GetCurrentThreadId()) }

// threadTime is how long the calling thread has had a processor, in nanoseconds. Windows counts in ticks of its clock, some
// ten milliseconds each.
func threadTime() int64 {
	var created, ended, kernel, user windows.Filetime
	_, _, _ = getThreadTimes.Call(uintptr(windows.CurrentThread()), uintptr(unsafe.Pointer(&created)), uintptr(unsafe.Pointer(&ended)),
		uintptr(unsafe.Pointer(&kernel)), uintptr(unsafe.Pointer(&user))) // of a thread that runs: cannot fail
	return duration(kernel) + duration(user)
}

// duration is a span of time, which Windows gives as a number of 100 nanoseconds in two halves.
func duration(t windows.Filetime) int64 {
	return (int64(t.HighDateTime)<<32 | int64(t.LowDateTime)) * 100
}

// sleep blocks the thread in the kernel, as a slow disk would; time.Sleep would only park the goroutine.
func sleep(ms int64) { _ = windows.SleepEx(uint32(ms), false) }
