package importer

import (
	"io"
	"maps"

	"shuangze/casefile"
	"shuangze/policy"
)

// Units reads units. Rows with problems are left out of what is returned.
func Units(r io.Reader, p *policy.Policy, known *casefile.Directory) ([]casefile.Unit, []Problem, error) {
	t, problems, err := read(r, []string{"code", "name", "kind", "level", "parent"}, nil)
	if err != nil {
		return nil, nil, err
	}
	c := checker{problems}
	seen := map[string]int{}
	all := &casefile.Directory{Units: maps.Clone(known.Units)}
	for _, row := range t.rows {
		u := unit(row.values)
		all.Units[u.Code] = u
	}
	for _, row := range t.rows {
		c.required(row, "code", "name", "kind", "level")
		c.short(row, "code", 40)
		c.short(row, "name", 100)
		c.unique(row, "code", seen)
		c.oneOf(row, "kind", casefile.UnitKinds)
		c.oneOf(row, "level", p.LevelIDs())
		code, parent := row.values["code"], row.values["parent"]
		if known.Units[code].Ended() {
			c.add(row, "code", "该单位已撤并，导入不会恢复；确需恢复的由系统管理员在名录中办理", "this unit was ended; an import does not bring it back, an administrator can")
		}
		if parent == "" {
			continue
		}
		if u, ok := all.Units[parent]; !ok {
			c.add(row, "parent", "没有这个上级单位", "there is no such unit")
		} else if all.Under(parent, code) {
			c.add(row, "parent", "单位不能隶属于自己的下级", "a unit can't be below itself")
		} else if u.Ended() {
			c.add(row, "parent", "该单位已撤并", "this unit was ended")
		}
	}
	c.orphans(t, known)
	return good(t, c.problems, unit), c.problems, nil
}

// orphans notes the units whose parent is left out for its own problems, and so on
// downwards: nothing may hang in the air when the good rows are taken alone.
func (c *checker) orphans(t table, known *casefile.Directory) {
	for before := -1; before != len(c.problems); {
		before = len(c.problems)
		wrong, there := bad(c.problems), maps.Clone(known.Units)
		for _, row := range t.rows {
			if !wrong[row.line] {
				there[row.values["code"]] = casefile.Unit{}
			}
		}
		for _, row := range t.rows {
			if parent := row.values["parent"]; parent != "" && !wrong[row.line] {
				if _, ok := there[parent]; !ok {
					c.add(row, "parent", "上级单位的那一行有误", "the row of its parent has a problem")
				}
			}
		}
	}
}

func unit(v map[string]string) casefile.Unit {
	return casefile.Unit{Code: v["code"], Name: v["name"], Kind: v["kind"], Level: v["level"], Parent: v["parent"]}
}

// Officials reads officials like Units reads units.
func Officials(r io.Reader, p *policy.Policy, known *casefile.Directory) ([]casefile.Official, []Problem, error) {
	t, problems, err := read(r, []string{"id", "name", "post", "level", "unit", "role"}, []string{"portfolio", "email"})
	if err != nil {
		return nil, nil, err
	}
	c := checker{problems}
	seen := map[string]int{}
	var roles []string
	for _, role := range casefile.Roles {
		roles = append(roles, string(role))
	}
	for _, row := range t.rows {
		c.required(row, "id", "name", "post", "level", "unit", "role")
		c.short(row, "id", 40)
		c.short(row, "name", 50)
		c.short(row, "post", 100)
		c.unique(row, "id", seen)
		c.oneOf(row, "level", p.LevelIDs())
		c.oneOf(row, "role", roles)
		if unit := row.values["unit"]; unit != "" {
			if u, ok := known.Units[unit]; !ok {
				c.add(row, "unit", "名录中没有这个单位", "there is no such unit")
			} else if u.Ended() {
				c.add(row, "unit", "该单位已撤并", "this unit was ended")
			}
		}
	}
	return good(t, c.problems, func(v map[string]string) casefile.Official {
		return casefile.Official{
			ID: v["id"], Name: v["name"], Post: v["post"], Level: v["level"], Unit: v["unit"],
			Role: casefile.Role(v["role"]), Portfolio: v["portfolio"], Email: v["email"],
		}
	}), c.problems, nil
}

func good[T any](t table, problems []Problem, build func(map[string]string) T) []T {
	wrong := bad(problems)
	var list []T
	for _, row := range t.rows {
		if !wrong[row.line] {
			list = append(list, build(row.values))
		}
	}
	return list
}
