// Package tap prints test results in the Test Anything Protocol, version 13. It has the part of the interface of
// github.com/mndrix/tap-go that the validation suite uses, since Debian has no package of that one.
package tap

import (
	"encoding/json"
	"fmt"
	"strings"
)

// T counts and prints the results of one stream.
type T struct {
	last *int // the number of the last result, shared with what Todo returns
	todo bool
}

// New starts a stream. Nothing is printed before Header.
func New() *T {
	return &T{last: new(int)}
}

// Header prints the version, and the plan if the number of results is known. With 0 AutoPlan prints the plan at the end.
func (t *T) Header(results int) {
	fmt.Println("TAP version 13")
	if results > 0 {
		fmt.Printf("1..%d\n", results)
	}
}

// AutoPlan prints the plan for the results so far.
func (t *T) AutoPlan() {
	fmt.Printf("1..%d\n", *t.last)
}

// Ok prints one result.
func (t *T) Ok(passed bool, description string) {
	*t.last++
	verdict := "ok"
	if !passed {
		verdict = "not ok"
	}
	directive := ""
	if t.todo {
		directive = " # TODO"
	}
	// A description is one line, and '#' would begin a directive.
	description = strings.NewReplacer("\n", " ", "#", "").Replace(description)
	fmt.Printf("%s %d - %s%s\n", verdict, *t.last, description, directive)
}

// Pass prints one good result.
func (t *T) Pass(description string) {
	t.Ok(true, description)
}

// Fail prints one bad result.
func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Skip prints as many results as were left out, for the reason given.
func (t *T) Skip(results int, reason string) {
	for ; results > 0; results-- {
		*t.last++
		fmt.Printf("ok %d # SKIP %s\n", *t.last, strings.ReplaceAll(reason, "\n", " "))
	}
}

// Todo gives the same stream, whose results are of something that is known not to be done.
func (t *T) Todo() *T {
	return &T{last: t.last, todo: true}
}

// Diagnostic prints a comment.
func (t *T) Diagnostic(message string) {
	for _, line := range strings.Split(strings.TrimRight(message, "\n"), "\n") {
		fmt.Println("# " + line)
	}
}

// Diagnosticf prints a comment, formatted as by Printf.
func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML prints details of the last result, as JSON, which is YAML too.
func (t *T) YAML(details interface{}) error {
	text, err := json.MarshalIndent(details, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("  ---\n  %s\n  ...\n", text)
	return nil
}
