//go:build linux

#include "textflag.h"

// A signal handler, as the kernel calls it: shutdown(3, SHUT_RD).
TEXT stopReading<>(SB),NOSPLIT|NOFRAME,$0
	MOVD $210, R8 // shutdown
	MOVD $3, R0   // connection
	MOVD $0, R1   // SHUT_RD
	SVC
	RET

// func stopReadingPC() uintptr
TEXT ·stopReadingPC(SB),NOSPLIT,$0-8
	MOVD $stopReading<>(SB), R0
	MOVD R0, ret+0(FP)
	RET

// func restorerPC() uintptr
TEXT ·restorerPC(SB),NOSPLIT,$0-8
	MOVD $0, R0
	MOVD R0, ret+0(FP)
	RET

// func call(number, a, b, c, d, e, f uintptr) int
TEXT ·call(SB),NOSPLIT,$0-64
	MOVD number+0(FP), R8
	MOVD a+8(FP), R0
	MOVD b+16(FP), R1
	MOVD c+24(FP), R2
	MOVD d+32(FP), R3
	MOVD e+40(FP), R4
	MOVD f+48(FP), R5
	SVC
	MOVD R0, ret+56(FP)
	RET
