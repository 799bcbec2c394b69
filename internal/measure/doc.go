// Package measure compares costs on a machine that is busy with other things.
//
// It counts the CPU time of the calling thread, not the time on the wall; it measures what is to be compared in turn
// (A B A B …), so that a slow spell meets both; it keeps the lower quartile of many rounds; and it asks for shapes (a
// line, a power, a ratio) rather than for figures.
package measure
