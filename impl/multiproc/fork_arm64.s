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
