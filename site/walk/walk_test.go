package walk

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWalkStartsAtTheEntryAndMeetsEachDeclarationOnce(t *testing.T) {
	w, err := Package(os.DirFS("../../impl"), "reactor", "ServeMultiThreads", "amd64")
	require.NoError(t, err)
	require.Equal(t, "multi_threads.go", w.Files[0].Name)
	require.Contains(t, w.Doc, "Who does what")
	seen := map[string]bool{}
	for _, f := range w.Files {
		require.NotContains(t, f.Name, "_test.go")
		for _, d := range f.Decls {
			require.False(t, seen[d.Name], d.Name)
			seen[d.Name] = true
			require.False(t, strings.HasPrefix(d.Code, "//"), "the comment is prose: %s", d.Name)
		}
	}
	for _, name := range []string{"ServeMultiThreads", "(*Inbox[T]).Put", "(*SubReactor).AfterWait", "(*Handler).HandleEvent", "inPlace.Answer"} {
		require.True(t, seen[name], name)
	}
	require.False(t, seen["ServeNginxLock"], "another server's")
}

func TestAnEntryThatIsNotThereIsAnError(t *testing.T) {
	_, err := Package(os.DirFS("../../impl"), "reactor", "ServeNobody", "amd64")
	require.ErrorContains(t, err, "no ServeNobody")
	_, err = Package(os.DirFS("../../impl"), "nowhere", "Serve", "amd64")
	require.Error(t, err)
}
