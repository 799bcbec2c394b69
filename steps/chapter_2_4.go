package steps

// pitfallSteps defines the steps of chapter 2.4, what epoll users trip over.
var pitfallSteps = []stepFile{}
