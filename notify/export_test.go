package notify

import "shuangze/casefile"

// Named reports whether an event or a task has a word of its own.
func Named(code string) bool {
	return casefile.EventKind(code).Name().Chinese != code || casefile.Kind(code).Duty().Chinese != code
}
