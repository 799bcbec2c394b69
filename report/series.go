package report

// Series is numbers that a scenario measured, as a plot wants them: a value for each of several sizes.
type Series struct {
	Of    string    `json:"of"`    // what was measured, the same for all curves of a plot: "cost of one call"
	Name  string    `json:"name"`  // the curve: "select"; for a server's own number, empty
	XUnit string    `json:"xunit"` // what X counts: "descriptors watched"
	YUnit string    `json:"yunit"` // what Y counts: "ns"
	X     []float64 `json:"x"`
	Y     []float64 `json:"y"`
}
