//go:build linux

package site_test

import (
	"bytes"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/docs"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site"
)

// has is require.Contains for pages, which are too long to be printed.
func has(t *testing.T, page, want string, what ...string) {
	t.Helper()
	if !strings.Contains(page, want) {
		t.Fatalf("not there: %s %s", want, strings.Join(what, " "))
	}
}

var (
	idAttr   = regexp.MustCompile(`\sid="([^"]*)"`)
	linkAttr = regexp.MustCompile(`\s(?:href|src)="([^"]*)"`)
)

func pages(f site.Files) []string {
	var names []string
	for name := range f {
		if strings.HasSuffix(name, ".html") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func ids(page []byte) map[string]int {
	n := map[string]int{}
	for _, m := range idAttr.FindAllSubmatch(page, -1) {
		n[html.UnescapeString(string(m[1]))]++
	}
	return n
}

// TestNoLinkIsBroken: each link leads to a file of the site, and to a place that is there. Nothing comes from elsewhere.
func TestNoLinkIsBroken(t *testing.T) {
	f := files(t)
	anchors := map[string]map[string]int{}
	for _, name := range pages(f) {
		anchors[name] = ids(f[name])
		for id, n := range anchors[name] {
			require.Equal(t, 1, n, "%s has the id %q %d times", name, id, n)
		}
	}
	for _, name := range append(pages(f), "servers.js") {
		text := string(f[name])
		if name == "servers.js" {
			text = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\"`, `"`).Replace(text)
		}
		for _, m := range linkAttr.FindAllStringSubmatch(text, -1) {
			u, err := url.Parse(html.UnescapeString(m[1]))
			require.NoError(t, err, "%s: %s", name, m[1])
			require.Empty(t, u.Host, "%s takes something from elsewhere: %s", name, m[1])
			target := u.Path
			if target == "" {
				target = name
			}
			require.Contains(t, f, target, "%s links to %s", name, m[1])
			if u.Fragment != "" {
				require.Contains(t, anchors[target], u.Fragment, "%s links to %s", name, m[1])
			}
		}
	}
	require.NotContains(t, string(f["site.js"]), "fetch(", "a page from disk cannot fetch")
	require.NotRegexp(t, `url\(|@import`, string(f["style.css"]))
}

func TestTheSameRunGivesTheSameBytes(t *testing.T) {
	again, err := site.Generate(input(t))
	require.NoError(t, err)
	f := files(t)
	require.Len(t, again, len(f))
	for name, data := range f {
		require.True(t, bytes.Equal(data, again[name]), "%s differs", name)
	}
}

// The budget: what a reader loads for one page, and what one downloads for all.
const (
	largestPage = 500 << 10
	largestSite = 10 << 20
)

func TestTheBudget(t *testing.T) {
	total := 0
	for name, data := range files(t) {
		total += len(data)
		if strings.HasSuffix(name, ".html") {
			require.Less(t, len(data), largestPage, name)
		}
	}
	require.Less(t, total, largestSite)
}

// TestEveryClaimHasItsPlace: under its id, with its verdict, its evidence, and the command that shows it again.
func TestEveryClaimHasItsPlace(t *testing.T) {
	f := files(t)
	claims, err := features.Register()
	require.NoError(t, err)
	for _, c := range claims {
		page := string(f["chapter-"+c.Chapter+".html"])
		_, rest, ok := strings.Cut(page, `<article class="rule" id="`+c.ID+`">`)
		require.True(t, ok, c.ID)
		article, _, _ := strings.Cut(rest, "</article>")
		has(t, article, `class="badge v-`+c.Verdict+`"`, c.ID)
		has(t, article, "iospec run --claim "+c.ID, c.ID)
		for _, s := range c.Scenarios {
			has(t, article, html.EscapeString(s.Name), c.ID)
		}
		if p := check.ByClaim[c.ID]; p != nil {
			has(t, article, "The code that judges", c.ID)
		}
		has(t, string(f["reference.html"]), c.ID)
		has(t, string(f["index.html"]), `href="chapter-`+c.Chapter+`.html#`+c.ID+`"`)
		has(t, string(f["search-index.js"]), `"i":"`+c.ID+`"`)
	}
}

// TestStepsStandBesideTheirRule: each step of a scenario on the kernel has a definition in what is compiled, and the Rule
// shows the code of all of its steps.
func TestStepsStandBesideTheirRule(t *testing.T) {
	all, err := definitions().Definitions("steps", "Given", "When", "Then", "Step")
	require.NoError(t, err)
	claims, err := features.Register()
	require.NoError(t, err)
	patterns := map[*regexp.Regexp]string{}
	for _, d := range all {
		patterns[regexp.MustCompile(d.Text)] = d.Text
	}
	f := files(t)
	for _, c := range claims {
		if !c.Has(features.Kernel) {
			continue
		}
		_, page, _ := strings.Cut(string(f["chapter-"+c.Chapter+".html"]), `id="steps-`+c.ID+`"`)
		article, _, _ := strings.Cut(page, "</article>")
		article = html.UnescapeString(tags.ReplaceAllString(article, ""))
		for _, s := range c.Scenarios {
			for _, step := range slices.Concat(s.Cases()...) {
				_, text, _ := strings.Cut(step, " ")
				if s.Kind == features.Kernel {
					has(t, article, defined(patterns, text), c.ID, step)
				}
			}
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// defined is how the pattern of a step begins.
func defined(patterns map[*regexp.Regexp]string, step string) string {
	for p, text := range patterns {
		if p.MatchString(step) {
			return text[:min(len(text), 25)]
		}
	}
	return "a definition of: " + step
}

// TestAFailureComesFirst: a run with a broken claim gives a site that shows it before all else, with its witness.
func TestAFailureComesFirst(t *testing.T) {
	in := input(t)
	i := slices.IndexFunc(in.Run.Results, func(r report.Result) bool {
		return r.Claim == "multi.main-only-accepts" && r.Subject == "reactor/multi-threads"
	})
	require.GreaterOrEqual(t, i, 0)
	in.Run.Results[i].Finding = check.Finding{Outcome: check.Fail, Expected: "one", Observed: "two of them", Witness: witness, Acquit: "less"}
	in.Run.Tally()
	f, err := site.Generate(in)
	require.NoError(t, err)
	home := string(f["index.html"])
	at := strings.Index(home, "Broken in this run")
	require.Positive(t, at)
	require.Less(t, at, strings.Index(home, `class="counts"`), "before the numbers")
	for _, want := range []string{"two of them", "read(fd 5 = c1, 4096) = 26 &amp; more &lt;here&gt;", "would acquit", "iospec run --server reactor/multi-threads --claim multi.main-only-accepts"} {
		has(t, home[at:], want)
	}
	has(t, string(f["chapter-3.1.3-many-reactors.html"]), `<p class="notice bad">`)
	has(t, string(f["server-reactor-multi-threads.html"]), "Broken in this run")
	require.NotContains(t, string(files(t)["index.html"]), "Broken in this run", "where nothing is")
}

// TestChaptersAreIntroduced: an introduction tells of a chapter that there is, and orders features that there are.
// Those that it does not name come last.
func TestChaptersAreIntroduced(t *testing.T) {
	claims, err := features.Register()
	require.NoError(t, err)
	known := map[string][]string{}
	for _, c := range claims {
		known[c.Chapter] = append(known[c.Chapter], strings.TrimSuffix(path.Base(c.File), ".feature"))
	}
	introductions, err := fs.Glob(docs.FS, "chapters/*.md")
	require.NoError(t, err)
	require.Len(t, introductions, len(known), "a chapter without an introduction, or the other way round")
	for _, name := range introductions {
		chapter := strings.TrimSuffix(path.Base(name), ".md")
		text, err := fs.ReadFile(docs.FS, name)
		require.NoError(t, err)
		order := regexp.MustCompile(`(?m)^order: (.*)$`).FindStringSubmatch(string(text))
		require.NotNil(t, order, name)
		require.Subset(t, known[chapter], strings.Fields(order[1]), name)
	}
}

// TestThePicturesOfTheText: each figure that the text draws has its counterpart in the chapter that tells of it.
func TestThePicturesOfTheText(t *testing.T) {
	for figure, where := range map[string][2]string{
		"a process for each connection": {"1.2-processes", "picture multiproc/fork"},
		"a pool of threads":             {"1.3-threads", "picture threadpool/pool"},
		"the interface of epoll":        {"2.2-epoll", "interest epoll/level"},
		"one reactor":                   {"3.1.1-single-reactor", "picture reactor/single"},
		"one reactor and workers":       {"3.1.2-workers", "picture reactor/single-threads"},
		"many reactors":                 {"3.1.3-many-reactors", "picture reactor/multi-threads"},
		"the proactor":                  {"3.2-proactor", "picture proactor/uring"},
	} {
		text, err := fs.ReadFile(docs.FS, "chapters/"+where[0]+".md")
		require.NoError(t, err)
		require.Contains(t, string(text), "\n::"+where[1]+"\n", figure)
	}
}

// TestTheReferenceIsWhole: it is made of what it describes, so it cannot be stale; here is that nothing is left out.
func TestTheReferenceIsWhole(t *testing.T) {
	page := string(files(t)["reference.html"])
	for _, tr := range trait.All {
		has(t, page, `id="trait-`+tr.Name+`"`)
		has(t, page, html.EscapeString(tr.Meaning))
	}
	for _, k := range []features.Kind{features.Kernel, features.Server, features.Load, features.Reference, features.Wild} {
		has(t, page, "@"+string(k))
	}
	has(t, page, "iospec run [flags]")
	has(t, page, "<code>errno</code>")
}

func TestEveryServerHasItsPage(t *testing.T) {
	f := files(t)
	for _, s := range impl.Servers {
		page := string(f["server-"+strings.ReplaceAll(s.Name, "/", "-")+".html"])
		has(t, page, "The code, as a walk", s.Name)
		has(t, page, `class="decl"`, s.Name)
		has(t, string(f["servers.js"]), `"`+s.Name+`":`)
	}
	page := string(f["server-reactor-multi-threads.html"])
	has(t, page, "Accepts: main reactor.")
	has(t, page, `id="code-ServeMultiThreads"`)
}

// TestAServerOfWindowsHasItsPage holds that its own code is shown, not the stub that says on Linux what it lacks; beside it what
// the server of Linux has under the same name; and what played its system.
func TestAServerOfWindowsHasItsPage(t *testing.T) {
	f := files(t)
	page := string(f["server-proactor-iocp.html"])
	for _, what := range []string{
		"Wine 8.0 played Windows", `id="code-ServeIOCP"`, "impl/proactor/kernel_windows.go", "impl/proactor/port_windows.go", "impl/proactor/handlers.go",
		"Side by side with", `href="server-proactor-uring.html"`,
	} {
		has(t, page, what)
	}
	require.NotContains(t, page, "elsewhere_linux.go")
	has(t, string(f["index.html"]), `>proactor/iocp on Wine 8.0</a>`)
	_, forms, _ := strings.Cut(page, `id="forms"`)
	for _, name := range []string{"ServeIOCP", "initiate", "kernel", "(*kernel).start", "(*kernel).wait", "(*kernel).next", "(*kernel).close"} {
		has(t, forms, "<code>"+name+"</code></a></h3>", name)
	}
	for _, file := range []string{"kernel_windows.go", "kernel_linux.go", "initiator_windows.go", "initiator_linux.go"} {
		has(t, forms, file)
	}
	for _, s := range impl.Servers {
		require.NotContains(t, string(f["server-"+strings.ReplaceAll(s.Name, "/", "-")+".html"]), "_windows.go", s.Name)
	}
}

func TestWordsAreLinked(t *testing.T) {
	page := string(files(t)["chapter-2.2-epoll.html"])
	has(t, page, `<a class="term" href="glossary.html#interest-list">interest list</a>`)
	require.NotRegexp(t, `<a [^>]*>[^<]*<a `, page, "a link in a link")
}

func TestWhatChanged(t *testing.T) {
	in := input(t)
	before := *in.Run
	before.Results = slices.Clone(in.Run.Results)
	for i, r := range before.Results {
		switch {
		case r.Claim == "epoll.c10k":
		case r.Claim == "socket.data-on-connected" && r.Subject == "reactor/single":
			before.Results[i].Outcome = check.Fail
		}
	}
	i := slices.IndexFunc(in.Run.Results, func(r report.Result) bool { return r.Claim == "nginx.sticks" && r.Subject == "reactor/nginx-lock" })
	in.Run.Results[i].Outcome = check.Inconclusive
	in.Before = &before
	f, err := site.Generate(in)
	require.NoError(t, err)
	worse, better, ok := strings.Cut(string(f["changes.html"]), `id="better"`)
	require.True(t, ok)
	has(t, worse, "nginx.sticks")
	require.NotContains(t, worse, `href="chapter-1-sockets.html#socket.data-on-connected"`)
	has(t, better, "socket.data-on-connected")
	require.NotContains(t, files(t), "changes.html", "with nothing to compare with")
}

func TestPlotsComeWithTheirNumbers(t *testing.T) {
	f := files(t)
	name := "plot-the-cost-of-one-call-that-finds-one-ready-descriptor.csv"
	require.Equal(t, "curve,descriptors watched,ns\nselect,250,12000\nselect,4000,190000\n", string(f[name]))
	has(t, string(f["plots.html"]), name)
	has(t, string(f["chapter-2.2-epoll.html"]), `class="plot"`)
}

func TestASiteWithoutARecordingSaysSo(t *testing.T) {
	in := input(t)
	in.Recordings = nil
	f, err := site.Generate(in)
	require.NoError(t, err)
	has(t, string(f["chapter-3.1.1-single-reactor.html"]), "which this run does not have")
}

func TestBuildSparesWhatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "deep", "site")
	_, err := site.Build(input(t), out)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(out, "index.html"))
	require.NoError(t, os.WriteFile(filepath.Join(out, "stale.html"), nil, 0o644))
	_, err = site.Build(input(t), out)
	require.NoError(t, err, "an earlier site may be replaced")
	require.NoFileExists(t, filepath.Join(out, "stale.html"))
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	require.Len(t, left, 1, "and nothing is left beside it")

	foreign := filepath.Join(dir, "thesis")
	require.NoError(t, os.Mkdir(foreign, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "thesis.txt"), nil, 0o644))
	_, err = site.Build(input(t), foreign)
	require.ErrorContains(t, err, "holds something else than a site")
	require.FileExists(t, filepath.Join(foreign, "thesis.txt"))
}

func TestLoadRunNeedsAReport(t *testing.T) {
	_, _, err := site.LoadRun(t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}
