package casefile

// ReceiptFor says whether the actor may give the petitioner a receipt (查询凭证) to look up
// the case with: nil, or a refusal. It is for the office in charge, at any stage, and for
// an officer of the unit that received the case itself; who passed a case on would
// otherwise hold the key to rate whoever handles it. A petitioner without a known name or
// address can have one too: handed over, it is how they learn what becomes of the case
// (条例第21条第2款).
func ReceiptFor(c Case, by Actor, r Rules) *Error {
	if !Sees(c, by, r) {
		return &Error{Reason: NotFound, Code: "case_not_found", Chinese: "没有这个信访事项", English: "there is no such case"}
	}
	for _, rel := range []relation{clerk, supervisor, receivingOfficer} {
		if rel.holds(c, by, r) {
			return nil
		}
	}
	return forbidden("receipt_not_permitted", "《信访工作条例》第二十一条第二款：由登记信访事项的机关、单位提供查询方式",
		"查询凭证只能由主办信访部门或直接收到信访事项的责任单位发放", "a receipt is given by the petition office in charge, or by the unit that received the case itself")
}
