package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Previewer serves a site while it is being written. It looks at what the site is made of a few times a second, makes it
// anew when that has changed, and tells the open pages.
type Previewer struct {
	Make  func() (Files, error)
	Watch []string // files, and folders with all in them
	Log   io.Writer

	mu      sync.Mutex
	files   Files
	broken  error
	version int
	changed chan struct{} // closed when there is a new version
}

// lookEvery is how often the watched files are looked at.
const lookEvery = 300 * time.Millisecond

// Serve serves until ctx ends. The error is of listening; one of making is shown in the browser.
func (p *Previewer) Serve(ctx context.Context, address string) error {
	p.changed = make(chan struct{})
	seen := p.stamp()
	p.build()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serve the site: %w", err)
	}
	fmt.Fprintf(p.Log, "http://%s/\n", listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("/", p.page)
	mux.HandleFunc("/.changes", p.changes)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			err := server.Close()
			<-done
			return err
		case err := <-done:
			return fmt.Errorf("serve the site: %w", err)
		case <-look.C:
			if now := p.stamp(); now != seen {
				seen = now
				p.build()
			}
		}
	}
}

// stamp tells whether anything that is watched has changed.
func (p *Previewer) stamp() string {
	var b strings.Builder
	for _, root := range p.Watch {
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error { // what is gone is a change as well
			if err != nil || d.IsDir() {
				return nil
			}
			if info, err := os.Stat(name); err == nil {
				fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
	}
	return b.String()
}

func (p *Previewer) build() {
	files, err := p.Make()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = err
	if err == nil {
		p.files = files
	} else {
		fmt.Fprintf(p.Log, "the site cannot be made: %v\n", err)
	}
	p.version++
	close(p.changed)
	p.changed = make(chan struct{})
}

// reload is added to pages that are served: it waits for the next version, and loads the page again.
const reload = `<script>new EventSource("/.changes").onmessage = () => location.reload();</script>`

func (p *Previewer) page(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	files, broken := p.files, p.broken
	p.mu.Unlock()
	if broken != nil {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "<!doctype html><title>not made</title>%s<h1>The site cannot be made</h1><pre>%s</pre>", reload, escapeHTML(broken.Error()))
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	data, ok := files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "no-store")
	if strings.HasSuffix(name, ".html") {
		data = bytes.Replace(data, []byte("</body>"), []byte(reload+"</body>"), 1)
	}
	_, _ = w.Write(data) // who has gone does not read it
}

// changes tells a page when there is a new version: a stream of events with one event.
func (p *Previewer) changes(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	changed := p.changed
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	select {
	case <-changed:
		_, _ = io.WriteString(w, "data: changed\n\n") // who has gone does not read it
	case <-r.Context().Done():
	}
}

func escapeHTML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
