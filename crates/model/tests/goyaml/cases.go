package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// tags and tagged make the cross product of explicit tags with plain and quoted
// scalars.
var (
	tags   = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!local", "!"}
	tagged = []string{"yes", "3", "1.5", "~", "text", `"3"`, `"yes"`, "", "aGk=", "2001-01-01", "[a]", "{a: b}"}
)

// blocks are the bodies on which every block scalar header is tried.
var blocks = []string{
	"  one\n  two\n",
	"  one\n\n  two\n\n\n",
	"  one\n    indented\n  two\n",
	"\n\n   leading\n  less\n",
	"   three\n   three\nnext: key\n",
	"",
}

func loadCases(casesPath, scalarsPath string) ([]Case, error) {
	cases, err := readCases(casesPath)
	if err != nil {
		return nil, err
	}
	scalars, err := readScalars(scalarsPath)
	if err != nil {
		return nil, err
	}
	for _, scalar := range scalars {
		cases = append(cases,
			Case{"scalar value " + scalar, []byte("v: " + scalar + "\n")},
			Case{"scalar in flow " + scalar, []byte("v: [" + scalar + "]\n")},
			Case{"scalar key " + scalar, []byte(scalar + ": 1\n")},
		)
	}
	for _, tag := range tags {
		for _, value := range tagged {
			text := strings.TrimSuffix("v: "+tag+" "+value, " ") + "\n"
			cases = append(cases, Case{"tag " + tag + " " + value, []byte(text)})
		}
	}
	for _, style := range []string{"|", ">"} {
		for _, header := range []string{"", "-", "+", "2", "1", "2-", "+1", "-3", "9", "0", "2 # comment"} {
			for i, body := range blocks {
				name := fmt.Sprintf("block %s%s body %d", style, header, i)
				cases = append(cases, Case{name, []byte("v: " + style + header + "\n" + body)})
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.Name] {
			return nil, fmt.Errorf("two cases are named %q", c.Name)
		}
		seen[c.Name] = true
	}
	return cases, nil
}

// readCases reads snippets that stand under `=== name` lines. Under
// `=== name (escaped)` each line is the inside of a Go string literal and line
// ends do not count.
func readCases(path string) ([]Case, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases []Case
	for i, part := range bytes.Split(append([]byte("\n"), content...), []byte("\n=== ")) {
		if i == 0 {
			continue // the heading
		}
		name, text, _ := bytes.Cut(part, []byte("\n"))
		c := Case{Name: string(name), Text: append(bytes.Clone(text), '\n')}
		if plain, found := strings.CutSuffix(c.Name, " (escaped)"); found {
			c.Name = plain
			c.Text = []byte{}
			for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
				decoded, err := strconv.Unquote(`"` + line + `"`)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", path, c.Name, err)
				}
				c.Text = append(c.Text, decoded...)
			}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// loadFiles makes a case of each file.
func loadFiles(paths []string) ([]Case, error) {
	var cases []Case
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		cases = append(cases, Case{Name: path, Text: text})
	}
	return cases, nil
}

// readScalars reads one scalar a line; lines that begin with `# ` are headings.
func readScalars(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var scalars []string
	for _, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		if !strings.HasPrefix(line, "# ") {
			scalars = append(scalars, line)
		}
	}
	return scalars, nil
}
