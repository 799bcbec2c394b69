// Package wine runs this program's Windows form on Linux, under Wine, which plays Windows: it implements the interface, by
// means of its own. What is seen so is the interface's contract; that a kernel keeps it, and how fast, is not.
//
// A Bottle has a prefix of its own in a temporary folder, what Wine takes for a disk and a registry, and processes of its
// own. Close ends them and removes the folder. Should nobody call Close, they end by themselves: with their last program,
// and that with whoever started it.
package wine
