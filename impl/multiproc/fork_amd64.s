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
