package site

import (
	"encoding/json"
	"fmt"
	"html/template"

	"github.com/iospec/iospec/check"
)

// sideView is a server as one of two that stand side by side.
type sideView struct {
	serverView
	Kept, All int
	Own       []serverClaim // claims about its architecture, not those that every server keeps
}

func (m *model) comparePages(t templates, files Files) ([]page, error) {
	sides := map[string]template.HTML{}
	for i, s := range m.servers {
		v := serverView{Server: s, Claims: m.claimsOf(s.Name)}
		if st := m.stages[s.Name]; st != nil {
			v.Picture, v.Roles, v.One, v.Costs = m.architectureFigure(s.Name, st), roles(st), m.oneFigure(s.Name, st), costs(st)
		}
		v.Costs = append(v.Costs, m.measured(s.Name)...)
		side := sideView{serverView: v}
		for _, c := range v.Claims {
			side.All++
			if c.Result.Outcome == check.Pass {
				side.Kept++
			}
			if !c.Traits.Has("every-server") {
				side.Own = append(side.Own, c)
			}
		}
		html, err := t.fill("side", side)
		if err != nil {
			return nil, fmt.Errorf("compare server %d: %w", i, err)
		}
		sides[s.Name] = html
	}
	data, err := json.Marshal(sides)
	if err != nil {
		return nil, fmt.Errorf("compare servers: %w", err)
	}
	files["servers.js"] = []byte("window.iospecServers = " + string(data) + ";\n")
	a, b := "reactor/single", "reactor/multi-threads"
	body, err := t.fill("compare", struct {
		Servers []Server
		A, B    string
	}{m.servers, a, b})
	return []page{{
		Path: "compare.html", Title: "Two servers side by side", Kind: "compare", Body: body, Scripts: []string{"servers.js"},
		Description: "Any two reference servers beside each other: who does what, one client's time line, what they cost.",
	}}, err
}
