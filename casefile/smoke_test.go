package casefile

import ("testing";"time";"encoding/json";"fmt";"shuangze/calendar";"shuangze/policy")

func TestSmoke(t *testing.T) {
	p := policy.Default()
	r := Rules{p, calendar.Default(), &Directory{Units: map[string]Unit{
		"A":{Code:"A",Kind:Authority,Level:"prefecture"}, "A-xf":{Code:"A-xf",Kind:PetitionOfficeKind,Level:"prefecture",Parent:"A"},
		"A-dc":{Code:"A-dc",Kind:SupervisionOfficeKind,Level:"prefecture",Parent:"A"},
		"B":{Code:"B",Kind:Authority,Level:"county",Parent:"A"}, "B-rs":{Code:"B-rs",Kind:Department,Level:"section",Parent:"B"},
	}, Officials: map[string]Official{
		"reg":{ID:"reg",Unit:"A-xf",Role:Registrar}, "sup":{ID:"sup",Unit:"A-xf",Role:Supervisor},
		"u":{ID:"u",Unit:"B",Role:Leader,Level:"county",Portfolio:"人社"}, "l":{ID:"l",Unit:"B-rs",Role:Leader,Level:"section",Post:"局长"}, "off":{ID:"off",Unit:"B-rs",Role:Officer},
	}}}
	now := time.Date(2026,9,1,2,0,0,0,time.UTC)
	var c Case; c.ID="c1"
	do := func(cmd Command, by string) {
		o := r.Directory.Officials[by]; cmd.Actor=Actor{o.ID,o.Role,o.Unit}; if by=="clock" {cmd.Actor=Clockwork}
		out, err := Decide(c, cmd, r, now)
		if err != nil { b,_ := json.Marshal(err); t.Fatal(cmd.Kind, string(b)) }
		c = Fold(c, out.Events)
		for _, e := range out.Events { fmt.Println(e.Seq, e.At.Format("01-02 15:04"), e.Kind, e.Clock, e.Step, e.Reason, len(e.Clocks)) }
		fmt.Println("   next", out.Next, c.Stage, c.Lamp(now), c.Supervision())
		now = now.Add(time.Minute)
	}
	doc := Document{"d","h"}
	do(Command{Kind:Register, Text:doc, Registration:&Registration{Number:"N1",Origin:"self_found",Channel:"visit",Purpose:"appeal",Category:"labour",Headcount:1,Reachable:true,ReceivedAt:now,Unit:"B-rs"}}, "reg")
	do(Command{Kind:Forward}, "reg")
	do(Command{Kind:Accept}, "off")
	do(Command{Kind:Assign}, "sup")
	for i:=0;i<60 && c.Stage.Open();i++ { n := NextStep(c,r,now); now = n.At; do(Command{Kind:Tick}, "clock") }
	b,_ := json.MarshalIndent(c,""," "); fmt.Println(len(b))
}
