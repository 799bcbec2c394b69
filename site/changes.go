package site

import (
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
)

// changesView compares two runs.
type changesView struct {
	Now, Then     runLine
	Worse, Better []changeView
	Other         []changeView
	New, Gone     int
}

type changeView struct {
	Claim   *features.Claim
	Subject string
	Was, Is check.Outcome
	Result  *report.Result
}

func (m *model) changesPages(t templates, _ Files) ([]page, error) {
	if m.Before == nil {
		return nil, nil
	}
	v := changesView{Now: m.runLine(), Then: (&model{Input: Input{Run: m.Before}}).runLine()}
	was := map[[2]string]check.Outcome{}
	for _, r := range m.Before.Results {
		was[[2]string{r.Claim, r.Subject}] = r.Outcome
	}
	for i, r := range m.Run.Results {
		key := [2]string{r.Claim, r.Subject}
		before, known := was[key]
		delete(was, key)
		c := m.claims[r.Claim]
		switch {
		case !known:
			v.New++
		case before == r.Outcome || c == nil:
		case report.Worse(r.Outcome, before):
			v.Worse = append(v.Worse, changeView{c, r.Subject, before, r.Outcome, &m.Run.Results[i]})
		default:
			v.Better = append(v.Better, changeView{c, r.Subject, before, r.Outcome, &m.Run.Results[i]})
		}
	}
	v.Gone = len(was)
	v.Worse, v.Other = m.ours(v.Worse)
	body, err := t.fill("changes", v)
	return []page{{
		Path: "changes.html", Title: "What changed", Kind: "changes", Body: body,
		Description: "The findings of this run that differ from those of an earlier one.",
	}}, err
}

// ours sets apart the changes of counterexamples, which are wrong on purpose: for them worse is better.
func (m *model) ours(all []changeView) (servers, wrong []changeView) {
	for _, c := range all {
		if slices.ContainsFunc(m.wrong, func(s Server) bool { return s.Name == c.Subject }) {
			wrong = append(wrong, c)
		} else {
			servers = append(servers, c)
		}
	}
	return servers, wrong
}
