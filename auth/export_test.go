package auth

// Count lets a test count the comparisons of passwords and secrets.
func (a *Auth) Count(compared func()) { a.compared = compared }
