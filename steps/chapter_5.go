//go:build linux

package steps

// wildSteps defines the steps of chapter 5, systems in the wild.
var wildSteps = []stepFile{
	inTheWild,
}
