package main

import (
	"context"
	"errors"
	"maps"

	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// opening is a campaign that is to be opened before cases are put on its list.
type opening struct {
	campaign casefile.Campaign
	by       casefile.Actor
}

// openCampaign prepares a campaign of an office, in the name of its first supervisor; nil
// when the office has one of that name that is not over. Nothing is written yet.
func openCampaign(r casefile.Rules, office, name string, end calendar.Date) (*opening, error) {
	for _, c := range r.Directory.Campaigns {
		if c.Office == office && c.Name == name && !c.Over(r.Now) {
			return nil, nil
		}
	}
	supervisors := r.Directory.Find(func(o casefile.Official) bool { return o.Unit == office && o.Role == casefile.Supervisor })
	if len(supervisors) == 0 {
		return nil, errors.New(office + " has no supervisor to open the campaign")
	}
	o := &opening{by: casefile.Actor{ID: supervisors[0].ID, Role: casefile.Supervisor, Unit: office}}
	asked := casefile.Campaign{ID: uuid.NewString(), Name: name, About: "导入案件名单时发起", Start: calendar.DateOf(r.Now), End: end}
	c, refusal := casefile.OpenCampaign(asked, o.by, r)
	if refusal != nil {
		wrong := []error{errors.New(say(policy.Text{Chinese: refusal.Chinese, English: refusal.English}))}
		for _, f := range refusal.Fields {
			wrong = append(wrong, errors.New(f.Field+": "+say(policy.Text{Chinese: f.Chinese, English: f.English})))
		}
		return nil, errors.Join(wrong...)
	}
	o.campaign = c
	return o, nil
}

// in is the directory with the campaign, to try out what becomes of cases on its list.
func (o *opening) in(d *casefile.Directory) *casefile.Directory {
	if o == nil {
		return d
	}
	with := *d
	with.Campaigns = maps.Clone(d.Campaigns)
	with.Campaigns[o.campaign.ID] = o.campaign
	return &with
}

// write opens the campaign.
func (o *opening) write(ctx context.Context, s *store.Store, r casefile.Rules) error {
	if o == nil {
		return nil
	}
	return s.InCampaigns(ctx, func(tx *store.CampaignsTx) error {
		r.Directory = tx.Directory
		c, refusal := casefile.OpenCampaign(o.campaign, o.by, r) // somebody may have been faster
		if refusal != nil {
			return refusal
		}
		return tx.Open(ctx, c, "import")
	})
}
