// Package measure compares costs on a machine that is busy with other things.
//
// It measures what is to be compared in turn (A B A B …), so that a slow spell meets all; it runs many short rounds, so
// that some are undisturbed; and it asks for shapes (a line, a power, a ratio) rather than for figures. A thread's own
// CPU clock would seem the natural measure, and is not: in a virtual machine it can run far behind, see AddProcess.
package measure
