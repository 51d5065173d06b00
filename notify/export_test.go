package notify

import "shuangze/casefile"

// Named reports whether an event or a task has a word of its own.
func Named(code string) bool {
	_, event := happenings[casefile.EventKind(code)]
	_, task := doings[casefile.Kind(code)]
	return event || task
}
