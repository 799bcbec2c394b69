//go:build linux

package site_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/site"
)

// TestAPageLearnsOfChanges: who has a page open is told when what it is made of changes, and gets the new one; an error
// is shown in its place, until it is mended.
func TestAPageLearnsOfChanges(t *testing.T) {
	watched := filepath.Join(t.TempDir(), "text.md")
	require.NoError(t, os.WriteFile(watched, []byte("first"), 0o644))
	out, log := io.Pipe()
	var broken atomic.Bool
	p := &site.Previewer{Watch: []string{watched}, Log: log, Make: func() (site.Files, error) {
		if broken.Load() {
			return nil, errors.New("a chapter <is> wrong")
		}
		text, err := os.ReadFile(watched)
		return site.Files{"index.html": []byte("<body>" + string(text) + "</body>")}, err
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx, "127.0.0.1:0") }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, out) }() // what is logged later is of no interest
	address := strings.TrimSpace(line)

	page := func() (int, string) {
		res, err := http.Get(address)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	change := func(text string) {
		client := &http.Client{Timeout: time.Minute}
		res, err := client.Get(address + ".changes")
		require.NoError(t, err)
		defer res.Body.Close()
		require.NoError(t, os.WriteFile(watched, []byte(text), 0o644))
		said, err := bufio.NewReader(res.Body).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "data: changed\n", said)
	}

	status, body := page()
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "first")
	require.Contains(t, body, "EventSource", "the page listens")
	change("second, and longer")
	_, body = page()
	require.Contains(t, body, "second")
	broken.Store(true)
	change("third")
	status, body = page()
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, body, "a chapter &lt;is&gt; wrong")
	broken.Store(false)
	change("fourth, mended")
	_, body = page()
	require.Contains(t, body, "fourth")
	res, err := http.Get(address + "nothing.html")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotFound, res.StatusCode)

	stop()
	require.NoError(t, <-done)
}

func TestServeNeedsAnAddress(t *testing.T) {
	p := &site.Previewer{Make: func() (site.Files, error) { return site.Files{}, nil }, Log: io.Discard}
	require.ErrorContains(t, p.Serve(t.Context(), "nowhere"), "serve the site")
}
