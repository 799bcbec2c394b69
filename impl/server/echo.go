package server

// Echo sends every byte back. It copies nothing: the reply is the input.
type Echo struct{}

// Handle implements Handler.
func (Echo) Handle(in, _ []byte) Step { return Step{Used: len(in), Out: in, Next: Await} }
