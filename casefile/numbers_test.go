package casefile_test

import (
	"testing"

	"shuangze/casefile"
)

func TestCheckPhone(t *testing.T) {
	for number, good := range map[string]bool{
		"": true, "13900000002": true, "+86 139-0000-0002": true, "(0457) 2711234 转 801": true, "0457-2711234 ext. 12": true,
		"12345": true, "１３９００００００２": true, "（0457）2711234#2*1": true,
		"abc": false, "1234": false, "139 0000 0002 家": false, "转": false, "没有电话": false, "139/0000002": false,
	} {
		if wrong := casefile.CheckPhone("phone", number); (wrong == nil) != good {
			t.Errorf("%q: %v", number, wrong)
		}
	}
}

func TestCheckIdentity(t *testing.T) {
	for number, good := range map[string]bool{
		"": true, "110101199001011237": true, "11010519491231002X": true, "11010519491231002x": true, "１１０１０１１９９００１０１１２３７": true, "110101 19900101 1237": true,
		"110101900101123": true,                                                            // 15 digits, until 1999
		"E12345678":       true, "A123456(7)": true, "H1234567890": true, "12345678": true, // passport, Hong Kong, permits
		"军字第1234567号": true,
		"123":         false, "110101199001011234": false, "11010119900101123": false, "110101901301123": false, "abc": false, "没有": false, "1101011990010112371": false, "E1234<>78": false,
	} {
		if wrong := casefile.CheckIdentity("identity", number); (wrong == nil) != good {
			t.Errorf("%q: %v", number, wrong)
		}
	}
}

// One number written in two ways is one in the index of earlier petitions; two are not.
func TestPlainNumbers(t *testing.T) {
	for _, pair := range [][2]string{{"+86 139 0000 0002", "13900000002"}, {"１３９-０００００００２", "13900000002"}, {"2711234 ext 801", "2711234转801"}} {
		if a, b := casefile.PlainPhone(pair[0]), casefile.PlainPhone(pair[1]); a != b {
			t.Errorf("%q is %q, %q is %q", pair[0], a, pair[1], b)
		}
	}
	if casefile.PlainIdentity("E12345678") == casefile.PlainIdentity("G12345678") {
		t.Error("two passports are one")
	}
	if casefile.PlainIdentity("11010519491231002x") != casefile.PlainIdentity("110105 19491231 002Ｘ") {
		t.Error("one identity number is two")
	}
}
