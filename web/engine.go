package web

import (
	"net/http"
	"time"

	"shuangze/policy"
)

type enginePage struct {
	adminPage
	Engine engineState
}

type engineState struct {
	Versions struct {
		Program  string `json:"program"`
		Postgres string `json:"postgres"`
		Schema   int64  `json:"schema"`
		Temporal string `json:"temporal"`
	} `json:"versions"`
	Cases struct {
		Open      int  `json:"open"`
		Overdue   int  `json:"overdue"`
		Workflows *int `json:"workflows"`
	} `json:"cases"`
	Notices struct {
		Unplanned int `json:"unplanned"`
		Waiting   int `json:"waiting"`
		Due       int `json:"due"`
		Failing   int `json:"failing"`
		Failed    int `json:"failed"`
	} `json:"notices"`
	Schedules []struct {
		ID     string     `json:"id"`
		LastAt *time.Time `json:"last_at"`
		NextAt *time.Time `json:"next_at"`
		Paused bool       `json:"paused"`
	} `json:"schedules"`
	Verification *struct {
		BeganAt     time.Time `json:"began_at"`
		EndedAt     time.Time `json:"ended_at"`
		Cases       int       `json:"cases"`
		Differences int       `json:"differences"`
		Found       []struct {
			Case    string    `json:"case"`
			Place   string    `json:"place"`
			About   string    `json:"about"`
			FoundAt time.Time `json:"found_at"`
		} `json:"found"`
	} `json:"verification"`
	Overdue    bool `json:"verification_overdue"`
	EngineAway bool `json:"engine_away"`
}

// Apart is by how many the workflows that run differ from the open cases.
func (e engineState) Apart() int {
	if e.Cases.Workflows == nil {
		return 0
	}
	return *e.Cases.Workflows - e.Cases.Open
}

// ScheduleName is what a schedule is for.
func (p enginePage) ScheduleName(id string) policy.Text {
	switch id {
	case "reconcile":
		return policy.Text{Chinese: "补漏：到时未办的步骤、未开始的流程", English: "the net: steps that were missed, workflows that are not there"}
	case "verify":
		return policy.Text{Chinese: "每日核验：台账、数据行和流程是否一致", English: "daily verification of ledger, rows and workflows"}
	case "deliver":
		return policy.Text{Chinese: "投递通知", English: "delivery of notices"}
	}
	return policy.Text{Chinese: id, English: id}
}

// getEngine shows how the database and the engine do.
func (s *console) getEngine(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := enginePage{adminPage: s.adminPage(r, "engine", by.lang.t("运行", "Engine"))}
	if err := s.api.get(by, "/engine", &p.Engine); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "engine", p)
}
