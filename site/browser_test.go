//go:build linux

package site_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/site"
)

// These tests open the site from disk in a real browser, headless. Without one they are skipped, loudly.

// tab is a browser with the site, and what went wrong in it.
type tab struct {
	context.Context
	t   *testing.T
	dir string

	mu     sync.Mutex
	faults []string
}

// browse writes the site to disk and opens a browser.
func browse(t *testing.T) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the tests in a browser")
	}
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			chromium = found
			break
		}
	}
	if chromium == "" {
		t.Skip("SKIPPED: no Chromium here, so the site is not tested in a browser; on Debian: apt-get install chromium")
	}
	dir := t.TempDir()
	for name, data := range files(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &tab{Context: ctx, t: t, dir: dir}
	b.do(chromedp.Navigate("about:blank"))
	go b.listen(chromedp.Console(ctx))
	return b
}

// listen keeps what the pages complain about, until the browser is closed.
func (b *tab) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.IsException() || m.Type == "error" {
			b.mu.Lock()
			b.faults = append(b.faults, m.String())
			b.mu.Unlock()
		}
	}
}

type step = chromedp.Action[chromedp.Void]

func (b *tab) do(steps ...step) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.Context, steps...))
}

// does evaluates an expression for what it does.
func does(expression string) step { return chromedp.Evaluate[chromedp.Void](expression) }

func (b *tab) open(page string) {
	b.t.Helper()
	u := url.URL{Scheme: "file", Path: filepath.Join(b.dir, "x")}
	b.do(chromedp.Navigate(strings.TrimSuffix(u.String(), "x") + page))
}

// eval gives what an expression comes to, a promise's result too.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	out, err := chromedp.Run(b.Context, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return out
}

// until waits for something to become true in the page.
func (b *tab) until(condition string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; { // a poll of the browser's own does not survive the change of a page
		ok, err := chromedp.Run(b.Context, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && ok {
			return
		}
		require.True(b.t, time.Now().Before(deadline), "never: %s (%v)", condition, err)
	}
}

func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.faults, "the pages complain")
}

// kindsOfPages is one page of each kind, by its path.
func kindsOfPages(f site.Files) map[string]string {
	kinds := map[string]string{}
	for _, name := range pages(f) {
		_, rest, _ := strings.Cut(string(f[name]), `data-kind="`)
		kind, _, _ := strings.Cut(rest, `"`)
		if kinds[kind] == "" || name == "server-reactor-multi-threads.html" || name == "chapter-2.2-epoll.html" {
			kinds[kind] = name
		}
	}
	return kinds
}

// TestInABrowser goes through the site as a reader does. It is one test, since starting a browser takes most of the time.
func TestInABrowser(t *testing.T) {
	b := browse(t)
	for _, visit := range []struct {
		what string
		do   func()
	}{
		{"every page on a phone", b.looksRight}, {"filters", b.filters}, {"search", b.searches}, {"themes", b.themes}, {"two servers", b.compares}, {"axe-core", b.accessible},
	} {
		began := time.Now()
		visit.do()
		t.Logf("%s: %.1f s", visit.what, time.Since(began).Seconds())
	}
	b.quiet()
}

// looksRight: no page complains, and none is wider than a small phone.
func (b *tab) looksRight() {
	b.do(chromedp.EmulateViewport(360, 740))
	for i, name := range pages(files(b.t)) {
		if strings.HasPrefix(name, "counterexample-") && i%10 > 0 {
			continue // they are many, and alike
		}
		b.open(name)
		require.LessOrEqual(b.t, eval[int](b, `document.documentElement.scrollWidth`), 360, "%s is wider than the screen: %s", name, widest)
	}
	b.do(chromedp.EmulateViewport(1400, 900))
	b.quiet()
}

// widest is what to type into the console of a page that is too wide.
const widest = `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > 361 && !e.closest(".scroll, pre"))`

func (b *tab) filters() {
	b.open("index.html")
	visible := `[...document.querySelectorAll("#matrix tr[data-verdict]")].filter(r => !r.hidden).length`
	all := eval[int](b, visible)
	require.Positive(b.t, all)
	set := func(name, value string) {
		b.do(does(fmt.Sprintf(`(() => { const f = document.querySelector("[name=%s]"); f.value = %q; f.dispatchEvent(new Event("input", {bubbles: true})) })()`, name, value)))
	}
	set("verdict", "refuted")
	require.Equal(b.t, eval[int](b, `document.querySelectorAll("#matrix tr[data-verdict=refuted]").length`), eval[int](b, visible))
	set("verdict", "")
	set("text", "no-scan")
	require.Equal(b.t, 1, eval[int](b, visible))
	set("text", "")
	set("server", "reactor/nginx-lock")
	require.Less(b.t, eval[int](b, visible), all)
	require.Equal(b.t, 1, eval[int](b, `[...document.querySelectorAll("#matrix thead .col")].filter(c => getComputedStyle(c).display !== "none").length`))
	set("server", "")
	set("arch", "thread-pool")
	require.Equal(b.t, 1, eval[int](b, `[...document.querySelectorAll("#matrix thead .col")].filter(c => getComputedStyle(c).display !== "none").length`))
	set("arch", "")
	set("finding", "fail")
	require.Zero(b.t, eval[int](b, visible), "nothing is broken in this run")
	set("finding", "")
	require.Equal(b.t, all, eval[int](b, visible))
}

// slash is the key as the page hears it. A driver's key would be typed as well, though the page has taken it.
var slash = does(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true, cancelable: true}))`)

func (b *tab) searches() {
	b.open("glossary.html")
	b.do(slash)
	b.until(`document.querySelector("dialog.search").open && window.iospecIndex !== undefined`)
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "epoll.no-scan"))
	b.until(`document.querySelector(".hits a")?.textContent.includes("epoll.no-scan")`)
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), kb.Enter))
	b.until(`location.href.endsWith("chapter-2.2-epoll.html#epoll.no-scan") && document.readyState === "complete"`)
	b.do(chromedp.WaitReady(chromedp.CSS("main")), slash)
	b.until(`document.querySelector("dialog.search").open && window.iospecIndex !== undefined`)
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "herd"))
	b.until(`[...document.querySelectorAll(".hits a")].some(a => a.getAttribute("href") === "glossary.html#thundering-herd")`)
}

func (b *tab) themes() {
	background := func() string {
		return eval[string](b, `getComputedStyle(document.body).backgroundColor`)
	}
	media := func(scheme string) {
		b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}))
	}
	media("light")
	b.open("index.html")
	light := background()
	media("dark")
	dark := background()
	require.NotEqual(b.t, light, dark, "the system's choice is heeded")
	b.do(chromedp.Click(chromedp.CSS(".theme")))
	require.Equal(b.t, light, background(), "and can be overruled")
	b.open("glossary.html")
	require.Equal(b.t, light, background(), "on all pages")
	b.do(does(`localStorage.clear()`))
	media("light")
}

func (b *tab) compares() {
	b.open("compare.html#a=reactor/single&b=proactor/uring")
	b.until(`document.querySelectorAll(".pair svg.architecture").length === 2`)
	require.Contains(b.t, eval[string](b, `document.querySelector(".pair").children[1].textContent`), "inside the kernel")
	b.do(chromedp.SetValue(chromedp.CSS("[name=a]"), "threadpool/pool"), does(`document.querySelector("[name=a]").dispatchEvent(new Event("change"))`))
	require.Contains(b.t, eval[string](b, `document.querySelector(".pair").children[0].textContent`), "threadpool/pool")
	require.Contains(b.t, eval[string](b, `location.hash`), "a=threadpool/pool")
}

// violation is what axe-core finds.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// thin removes what a page repeats: the tenth row is like the ninth, and an audit takes its time for each.
const thin = `document.querySelectorAll("tbody:nth-of-type(n+4), tr:nth-of-type(n+7), .feature:nth-of-type(n+3), article:nth-of-type(n+4), .decl:nth-of-type(n+6), .seen:nth-of-type(n+4), .walk ~ *, main li:nth-of-type(n+10), .glossary > div:nth-of-type(n+10), main section:nth-of-type(n+9), circle:nth-of-type(n+6)").forEach(e => e.remove())`

// audit runs axe-core in the page. In the dark it looks at colours, since nothing else is different.
const audit = `axe.run(document, {resultTypes: ["violations"], preload: false, %s})
	.then(r => JSON.stringify(r.violations.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => ({html: n.html.slice(0, 200), failureSummary: n.failureSummary}))}))))`

// accessible: axe-core finds no serious fault on a page of each kind, in light and in dark.
func (b *tab) accessible() {
	axe, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	require.NoError(b.t, err)
	for kind, name := range kindsOfPages(files(b.t)) {
		b.open(name)
		b.do(does(thin), does(string(axe)))
		for theme, rules := range map[string]string{"light": `rules: {"color-contrast": {enabled: true}}`, "dark": `runOnly: ["color-contrast"]`} {
			b.do(does(fmt.Sprintf(`document.documentElement.dataset.theme = %q`, theme)))
			var violations []violation
			require.NoError(b.t, json.Unmarshal([]byte(eval[string](b, fmt.Sprintf(audit, rules))), &violations))
			for _, v := range violations {
				for _, n := range v.Nodes {
					b.t.Errorf("%s page %s, %s: %s (%s)\n  %s\n  %s", kind, name, theme, v.Help, v.ID, n.HTML, n.FailureSummary)
				}
			}
		}
	}
}
