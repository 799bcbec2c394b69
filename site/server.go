package site

import (
	"cmp"
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site/draw"
	"github.com/iospec/iospec/site/stage"
	"github.com/iospec/iospec/trace"
)

// serverView is one reference server: what it does, seen and read.
type serverView struct {
	Server
	Traits     []trait.Trait
	On         string // what played its system in this run
	Picture    template.HTML
	Roles      []roleView
	Links      []stage.Link
	One        template.HTML
	Several    template.HTML
	Claims     []serverClaim
	Broken     []serverClaim
	Failed     bool // one of them is a failure
	Costs      []costView
	Doc        template.HTML
	Code       []codeFile
	Other      string     // the server that is the same pattern on Linux
	Forms      []formView // what both have, each in its own way
	Lines      int
	Reproduce  string
	Prev, Next *Server
}

// roleView is a row of the table beside the picture.
type roleView struct {
	Who, Sleeps                          string
	Accepts, Waits, Reads, Works, Writes int
	Guessed, InCall, Unseen              bool
}

type serverClaim struct {
	*features.Claim
	*report.Result
}

// costView is a number that says what the server costs.
type costView struct {
	What, Value, From string
	Claim             string
}

type codeFile struct {
	Name  string
	Decls []codeDecl
}

type codeDecl struct {
	code.Decl
	Anchor            string
	DocHTML, CodeHTML template.HTML
}

func (m *model) serverPages(t templates, _ Files) ([]page, error) {
	var pages []page
	for i, s := range m.servers {
		v, err := m.serverView(i)
		if err != nil {
			return nil, err
		}
		body, err := t.fill("server", v)
		if err != nil {
			return nil, err
		}
		pages = append(pages, page{
			Path: serverPage(s.Name), Title: s.Name, Kind: "server", Body: body,
			Description: sentence(s.Summary) + ".",
		})
	}
	return pages, nil
}

func (m *model) serverView(i int) (serverView, error) {
	s := m.servers[i]
	v := serverView{Server: s, On: m.on(s.Name), Reproduce: "iospec run --server " + s.Name, Claims: m.claimsOf(s.Name)}
	if i > 0 {
		v.Prev = &m.servers[i-1]
	}
	if i+1 < len(m.servers) {
		v.Next = &m.servers[i+1]
	}
	for _, name := range s.Traits {
		if tr, ok := trait.Find(name); ok {
			v.Traits = append(v.Traits, tr)
		}
	}
	for _, c := range v.Claims {
		if bad(c.Result.Outcome) {
			v.Broken, v.Failed = append(v.Broken, c), v.Failed || c.Result.Outcome == check.Fail
		}
	}
	if st := m.stages[s.Name]; st != nil {
		v.Picture, v.Roles, v.Links = m.architectureFigure(s.Name, st), roles(st), st.Links
		v.One, v.Several = m.oneFigure(s.Name, st), m.severalFigure(s.Name, st)
		v.Costs = costs(st)
	}
	v.Costs = append(v.Costs, m.measured(s.Name)...)
	return v, m.code(&v)
}

func (m *model) claimsOf(server string) []serverClaim {
	var out []serverClaim
	for _, ch := range m.chapters {
		for _, f := range ch.Features {
			for _, c := range f.Claims {
				if r := m.finding(c.ID, server); r != nil {
					out = append(out, serverClaim{c, r})
				}
			}
		}
	}
	return out
}

func roles(s *stage.Stage) []roleView {
	var out []roleView
	for _, g := range s.Groups() {
		who := g.Name
		if n := len(g.Actors); n > 1 {
			who = fmt.Sprintf("%d %s", n, strings.ToLower(g.Name[:1])+g.Name[1:])
		}
		a := g.Sum
		out = append(out, roleView{
			Who: who, Sleeps: g.Waiting() + g.Serving(), Accepts: a.Accepts, Waits: a.Waits, Reads: a.Reads, Works: a.Works, Writes: a.Writes, Guessed: a.Guessed,
			InCall: a.Waits == 0 && len(a.BlocksIn) > 0, Unseen: g.Unseen(),
		})
	}
	return out
}

func (m *model) architectureFigure(name string, s *stage.Stage) template.HTML {
	left := ""
	switch s.Bystanders {
	case 0:
	case 1:
		left = " One more of its processes had no part in it."
	default:
		left = fmt.Sprintf(" %d more of its processes had no part in it.", s.Bystanders)
	}
	caption := fmt.Sprintf(`<a href="%s"><code>%s</code></a> as it was observed: %d calls that concern %d clients, recorded on Linux %s.%s <span class="roles">%s</span>`,
		serverPage(name), name, len(s.Rec.Calls), s.Clients, template.HTMLEscapeString(s.Rec.Header.Kernel), left, template.HTMLEscapeString(draw.Sentence(s)))
	return figure("picture-"+slug(name), draw.Architecture(s), template.HTML(caption))
}

func (m *model) oneFigure(name string, s *stage.Stage) template.HTML {
	sc := s.One()
	if sc == nil {
		return ""
	}
	c := sc.Clients[0]
	caption := fmt.Sprintf("One client of <code>%s</code>, %s, from its arrival to its end. Time runs to the right, and is stretched where much happens: the scale is written below.", name, c.Name)
	return figure("one-"+slug(name), draw.Timeline(sc, "Time line of one client of "+name), template.HTML(caption))
}

func (m *model) severalFigure(name string, s *stage.Stage) template.HTML {
	sc := s.Several()
	if sc == nil {
		return ""
	}
	caption := fmt.Sprintf("%d clients of <code>%s</code> ask at the same time. Other clients were there as well, and are left out.", len(sc.Clients), name)
	return figure("several-"+slug(name), draw.Timeline(sc, "Time line of several clients of "+name), template.HTML(caption))
}

// costs counts calls for each request, in the part of the exercise where clients only ask and are answered.
func costs(s *stage.Stage) []costView {
	from, until := phase(s.Rec, "phase held"), phase(s.Rec, "phase together")
	if from == 0 || until == 0 {
		return nil
	}
	requests, calls := 0, map[trace.Family]int{}
	for _, c := range s.Rec.Clients {
		for _, x := range c.Exchanges {
			if x.Sent >= from && x.Answered != 0 && x.Answered < until {
				requests++
			}
		}
	}
	if requests == 0 {
		return nil
	}
	for _, c := range s.Rec.Calls {
		if c.Enter >= from && c.Enter < until && s.Actor(c.TID) != nil {
			calls[c.Family]++
		}
	}
	var out []costView
	total := 0.0
	for _, f := range []struct {
		family trace.Family
		word   string
	}{
		{trace.FamilyAccept, "accepts"}, {trace.FamilySelect, "calls of select"}, {trace.FamilyPoll, "calls of poll"}, {trace.FamilyWait, "waits"}, {trace.FamilyEpollCtl, "changes of the interest list"},
		{trace.FamilyRing, "calls of io_uring_enter"}, {trace.FamilyRead, "reads"}, {trace.FamilyWrite, "writes"}, {trace.FamilyTask, "processes or threads made"}, {trace.FamilyClose, "closes"},
	} {
		if n := calls[f.family]; n > 0 {
			per := float64(n) / float64(requests)
			total += per
			out = append(out, costView{What: f.word + " for each request", Value: fmt.Sprintf("%.2f", per)})
		}
	}
	head := costView{What: "system calls for each request", Value: fmt.Sprintf("%.2f", total), From: fmt.Sprintf("counted over %d requests of clients that stayed connected, arrivals and ends included", requests)}
	return append([]costView{head}, out...)
}

func phase(rec *trace.Recording, name string) trace.Time {
	for _, m := range rec.Marks {
		if m.Name == name {
			return m.At
		}
	}
	return 0
}

// costClaims are the claims whose notes say what a server costs.
var costClaims = []string{"c10k.model-matters", "c10k.budget", "epoll.c10k", "epoll.scales", "select.cost-explodes", "mux.time-sharing"}

func (m *model) measured(server string) []costView {
	var out []costView
	for _, id := range costClaims {
		if r := m.finding(id, server); r != nil && r.Outcome == check.Pass {
			for _, s := range r.Scenarios {
				for _, n := range s.Notes {
					out = append(out, costView{What: s.Name, Value: n, Claim: id})
				}
			}
		}
	}
	return out
}

// code reads the server's code, from the function that serves on.
func (m *model) code(v *serverView) error {
	if m.Sources == nil || v.Package == "" {
		return nil
	}
	tree := m.tree(v.Server)
	doc, err := tree.Doc(tree.Path(v.Package))
	if err != nil {
		return fmt.Errorf("the code of %s: %w", v.Name, err)
	}
	v.Doc = m.render(godoc(doc))
	files, err := m.walk(v.Server)
	if err != nil {
		return err
	}
	for _, f := range files {
		cf := codeFile{Name: path.Join("impl", v.Package, f.Name)}
		for _, d := range f.Decls {
			v.Lines += d.Len
			cf.Decls = append(cf.Decls, m.declView(d))
		}
		v.Code = append(v.Code, cf)
	}
	return m.forms(v, files)
}

// tree is the source of the servers as it is compiled for the system that the server runs on.
func (m *model) tree(s Server) *code.Tree {
	return m.Sources.On(code.System{OS: cmp.Or(s.OS, "linux"), Arch: m.Run.Arch})
}

// walk goes through a server's code, from the functions with which its processes begin.
func (m *model) walk(s Server) ([]*code.File, error) {
	begins := []string{s.Entry}
	if s.Worker != "" {
		begins = append(begins, s.Worker)
	}
	tree := m.tree(s)
	program, err := tree.From(tree.Path(s.Package), begins...)
	if err != nil {
		return nil, fmt.Errorf("the code of %s: %w", s.Name, err)
	}
	return program.Walk(tree.Path(s.Package)), nil
}

func (m *model) declView(d code.Decl) codeDecl {
	return codeDecl{d, "code-" + anchor(d.Name), m.render(godoc(d.Doc)), highlight("go", d.Code)}
}

// godoc makes Markdown of a comment: headings, and indented tables as they are.
func godoc(text string) string {
	var out []string
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		switch {
		case strings.HasPrefix(l, "# "):
			l = "##" + l
		case strings.HasPrefix(l, "\t"):
			l = "    " + l[1:]
		}
		out = append(out, escapeMarkdown(l))
	}
	return strings.Join(out, "\n")
}

// anchor makes an id of a declaration's name. In Go, case makes a difference.
func anchor(name string) string {
	return strings.Trim(strings.NewReplacer("(", "", ")", "", "*", "", "[", "-", "]", "").Replace(name), "-")
}

// escapeMarkdown keeps Go comments, which know no emphasis, from being taken for Markdown.
func escapeMarkdown(l string) string {
	if strings.HasPrefix(l, "    ") {
		return l
	}
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;").Replace(l)
}

// isArchitecture reports whether a trait is one of how the work is spread.
func isArchitecture(name string) bool {
	return slices.ContainsFunc(trait.All, func(t trait.Trait) bool { return t.Name == name && t.Axis == trait.Architecture })
}
