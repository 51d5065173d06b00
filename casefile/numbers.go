package casefile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// PlainPhone reduces a telephone number to what makes it the same number: its digits,
// without the country's prefix.
func PlainPhone(number string) string {
	number = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, width.Fold.String(number))
	number = strings.TrimPrefix(strings.TrimPrefix(number, "+"), "0086")
	if len(number) == 13 {
		number = strings.TrimPrefix(number, "86")
	}
	return number
}

// PlainIdentity reduces the number of an identity card or another document to what makes
// it the same number: its letters and digits.
func PlainIdentity(number string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || r >= '0' && r <= '9' {
			return unicode.ToUpper(r)
		}
		return -1
	}, width.Fold.String(number))
}

// CheckPhone says what is wrong with a telephone number; nil when it is empty or could be
// one: five digits and more, and what people write between them.
func CheckPhone(field, number string) *FieldError {
	rest := strings.ToLower(width.Fold.String(number))
	for _, word := range []string{"ext.", "ext", "转"} {
		rest = strings.ReplaceAll(rest, word, "")
	}
	rest = strings.TrimLeft(rest, " ")
	strange := strings.ContainsFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789+-()#* –—", r) })
	if number == "" || !strange && len(PlainPhone(number)) >= 5 {
		return nil
	}
	return &FieldError{
		Field: field, Code: "not_a_phone",
		Chinese: "不像电话号码：应至少有5位数字，此外只能有空格和 + - ( ) # * 转",
		English: "does not look like a telephone number: at least 5 digits, and beside them only blanks and + - ( ) # * ext",
	}
}

// CheckIdentity says what is wrong with the number of an identity card or another
// document; nil when it is empty or could be one. Of 18 digits the last is the check
// digit (GB 11643—1999), of 15, the form until 1999, the seventh to twelfth are a day;
// passports, permits and others have letters, or eight to ten digits.
func CheckIdentity(field, number string) *FieldError {
	plain := PlainIdentity(number)
	strange := strings.ContainsFunc(width.Fold.String(number), func(r rune) bool {
		return !unicode.IsLetter(r) && !strings.ContainsRune("0123456789-() .·〔〕", r)
	})
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, plain)
	length := utf8.RuneCountInString(plain)
	wrong := FieldError{
		Field: field, Code: "not_an_identity_number",
		Chinese: "不像证件号码：身份证号为18位（旧证15位），护照、通行证等证件号码含字母或为8至10位数字",
		English: "does not look like a document's number: an identity card has 18 digits (the old one 15), a passport or permit has letters, or 8 to 10 digits",
	}
	switch {
	case number == "":
		return nil
	case strange:
		return &wrong
	case length == 18 && len(plain) == 18 && isDigits(plain[:17]) && (isDigits(plain[17:]) || plain[17] == 'X'):
		if plain[17] == checkDigit(plain) {
			return nil
		}
		wrong.Chinese, wrong.English = "身份证号的校验位不符，请核对是否有误", "the check digit of this identity number is wrong: look for a mistyped digit"
	case length == len(digits) && length == 15:
		if month, day := digits[8:10], digits[10:12]; month >= "01" && month <= "12" && day >= "01" && day <= "31" {
			return nil
		}
		wrong.Chinese, wrong.English = "15位身份证号中的出生日期有误，请核对", "the day of birth in this identity number of 15 digits does not exist: look for a mistyped digit"
	case length == len(digits) && length >= 8 && length <= 10, length > len(digits) && length >= 5 && length <= 20 && len(digits) >= 4:
		return nil
	}
	return &wrong
}

func isDigits(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
}

// checkDigit is the last digit of an identity number, X for ten, by the 17 before it
// (ISO 7064, MOD 11-2).
func checkDigit(number string) byte {
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(number[i]-'0') * weight
	}
	return "10X98765432"[sum%11]
}
