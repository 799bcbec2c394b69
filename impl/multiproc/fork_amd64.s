//go:build linux

#include "textflag.h"

// A signal handler, as the kernel calls it: shutdown(3, SHUT_RD).
TEXT stopReading<>(SB),NOSPLIT|NOFRAME,$0
	MOVL $48, AX // shutdown
	MOVL $3, DI  // connection
	MOVL $0, SI  // SHUT_RD
	SYSCALL
	RET

// rt_sigreturn: back to where the signal came.
TEXT restorer<>(SB),NOSPLIT|NOFRAME,$0
	MOVL $15, AX
	SYSCALL
	INT  $3

// func stopReadingPC() uintptr
TEXT ·stopReadingPC(SB),NOSPLIT,$0-8
	LEAQ stopReading<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func restorerPC() uintptr
TEXT ·restorerPC(SB),NOSPLIT,$0-8
	LEAQ restorer<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func call(number, a, b, c, d, e, f uintptr) int
TEXT ·call(SB),NOSPLIT,$0-64
	MOVQ number+0(FP), AX
	MOVQ a+8(FP), DI
	MOVQ b+16(FP), SI
	MOVQ c+24(FP), DX
	MOVQ d+32(FP), R10
	MOVQ e+40(FP), R8
	MOVQ f+48(FP), R9
	SYSCALL
	MOVQ AX, ret+56(FP)
	RET
