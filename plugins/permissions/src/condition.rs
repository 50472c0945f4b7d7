//! What a rule asks of the arguments: one test of one value.

use mcpmux_plugin_rules::{Glob, Mistakes, Table, pointer};
use mcpmux_sdk::serde_json::Value;

use crate::paths::Root;
use crate::truth::Truth;

/// One test of the value at one place.
#[derive(Debug)]
pub(crate) struct Condition {
    /// Where the value is, a JSON Pointer into the arguments.
    pub(crate) at: String,
    test: Test,
    each: Option<Each>,
    not: bool,
}

#[derive(Debug)]
enum Test {
    /// It is one of these.
    OneOf(Vec<Value>),
    /// It is a text that one of these stands for.
    Glob(Vec<Glob>),
    /// It is a text that starts so.
    Prefix(Vec<String>),
    /// It is not there, or null.
    Absent(bool),
    /// It is a number from here to there.
    Range(Option<f64>, Option<f64>),
    /// It is a path in one of these folders.
    Within(Vec<Root>),
}

/// Of how many elements of an array a test has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Each {
    All,
    Any,
}

const TESTS: &str = "`equals`, `one_of`, `glob`, `prefix`, `absent`, `min`/`max`, `path_within`";

impl Condition {
    /// Reads a condition.
    pub(crate) fn read(mut table: Table, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.count();
        if !table.has("at") {
            mistakes
                .add(table.place(), "missing key `at`, the JSON Pointer of an argument: `/path`");
        }
        let at = table.checked("at", |at| pointer::check(at).map(|()| at.to_owned()), mistakes);
        let tests = tests(&mut table, mistakes);
        let each = |text: &str| match text {
            "all" => Ok(Each::All),
            "any" => Ok(Each::Any),
            _ => Err(format!("`{text}` is neither `all` nor `any`")),
        };
        let each = table.checked("each", each, mistakes);
        let not = table.take("not", mistakes).unwrap_or_default();
        let place = table.place().to_owned();
        if mistakes.count() == before && tests.len() != 1 {
            let only = if tests.is_empty() { "one" } else { "only one" };
            mistakes.add(&place, format_args!("give {only} of {TESTS}"));
        }
        let test = tests.into_iter().next();
        if let (Some(Test::Absent(_)), true) = (&test, not || each.is_some()) {
            mistakes.add(&place, "`absent` takes neither `not` nor `each`; write `absent = false`");
        }
        table.end(mistakes);
        if mistakes.count() > before {
            return None;
        }
        Some(Self { at: at?, test: test?, each, not })
    }

    /// Whether it holds for what is there.
    pub(crate) fn holds(&self, value: Option<&Value>) -> Truth {
        let value = value.filter(|value| !value.is_null());
        let Some(value) = value else {
            return match self.test {
                Test::Absent(absent) => absent.into(),
                _ => Truth::from(self.not),
            };
        };
        let one = |value: &Value| {
            let truth = self.test.holds(value);
            if self.not { truth.not() } else { truth }
        };
        match (self.each, value) {
            (None, value) => one(value),
            (Some(Each::All), Value::Array(values)) => Truth::all(values.iter().map(one)),
            (Some(Each::Any), Value::Array(values)) => Truth::any(values.iter().map(one)),
            (Some(_), _) => Truth::Unknown,
        }
    }
}

fn tests(table: &mut Table, mistakes: &mut Mistakes) -> Vec<Test> {
    let mut tests = Vec::new();
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    if let Some(value) = table.take::<Value>("equals", mistakes) {
        if scalar(&value) {
            tests.push(Test::OneOf(vec![value]));
        } else {
            mistakes.add(
                &table.at("equals"),
                "is a text, a number or a boolean; for several write `one_of`",
            );
        }
    }
    if let Some(values) = table.take::<Vec<Value>>("one_of", mistakes) {
        if values.is_empty() || !values.iter().all(scalar) {
            mistakes.add(&table.at("one_of"), "holds texts, numbers or booleans, at least one");
        }
        tests.push(Test::OneOf(values));
    }
    if table.has("glob") {
        tests.push(Test::Glob(table.list("glob", |glob| Ok(Glob::new(glob)), mistakes)));
    } else {
        table.list("glob", |_| Ok(()), mistakes);
    }
    let filled = |text: &str| match text {
        "" => Err("must not be empty; every text starts so".to_owned()),
        text => Ok(text.to_owned()),
    };
    let prefixes = table.list("prefix", filled, mistakes);
    if !prefixes.is_empty() {
        tests.push(Test::Prefix(prefixes));
    }
    tests.extend(table.take("absent", mistakes).map(Test::Absent));
    let (min, max) = (table.take("min", mistakes), table.take("max", mistakes));
    if min.is_some() || max.is_some() {
        if min.zip(max).is_some_and(|(min, max): (f64, f64)| min > max) {
            mistakes.add(&table.at("min"), "is more than `max`; no number is in between");
        }
        tests.push(Test::Range(min, max));
    }
    let roots = table.list("path_within", Root::new, mistakes);
    if !roots.is_empty() {
        tests.push(Test::Within(roots));
    }
    tests
}

impl Test {
    fn holds(&self, value: &Value) -> Truth {
        match (self, value) {
            (Self::Absent(absent), _) => Truth::from(!absent),
            (Self::OneOf(values), value) => {
                if values.iter().any(|wanted| same(wanted, value)) {
                    Truth::Yes
                } else if values.iter().any(|wanted| comparable(wanted, value)) {
                    Truth::No
                } else {
                    Truth::Unknown
                }
            }
            (Self::Glob(globs), Value::String(text)) => {
                globs.iter().any(|glob| glob.matches(text)).into()
            }
            (Self::Prefix(starts), Value::String(text)) => {
                starts.iter().any(|start| text.starts_with(start)).into()
            }
            (Self::Range(min, max), Value::Number(number)) => match number.as_f64() {
                Some(number) => {
                    let above = min.is_none_or(|min| number >= min);
                    (above && max.is_none_or(|max| number <= max)).into()
                }
                None => Truth::Unknown,
            },
            (Self::Within(roots), Value::String(path)) => {
                Truth::any(roots.iter().map(|root| root.holds(path)))
            }
            _ => Truth::Unknown,
        }
    }
}

/// Whether two values are equal; of numbers, whether they are the same number: `1`, `1.0` and `1e0` are.
fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(wanted), Value::Number(value)) => {
            wanted == value || {
                let whole =
                    |number: &mcpmux_sdk::serde_json::Number| number.is_i64() || number.is_u64();
                !(whole(wanted) && whole(value)) && wanted.as_f64() == value.as_f64()
            }
        }
        _ => wanted == value,
    }
}

/// Whether a backend that takes the one would not take the other for it, because they are of the same type.
fn comparable(wanted: &Value, value: &Value) -> bool {
    std::mem::discriminant(wanted) == std::mem::discriminant(value)
}

#[cfg(test)]
mod tests {
    use super::Truth::{No, Unknown, Yes};
    use super::*;
    use mcpmux_sdk::serde_json::json;

    #[track_caller]
    fn condition(mut test: Value) -> Condition {
        test["at"] = json!("/x");
        let mut mistakes = Mistakes::default();
        let table = Table::new("c", test, &mut mistakes).unwrap();
        let read = Condition::read(table, &mut mistakes);
        mistakes.or(read).unwrap()
    }

    /// Checks the truth of a test for values, and the opposite of its denial.
    #[track_caller]
    fn check(test: Value, values: &[(Value, Truth)]) {
        let mut denied = test.clone();
        denied["not"] = json!(true);
        let (plain, denied) = (condition(test), condition(denied));
        for (value, truth) in values {
            assert_eq!(plain.holds(Some(value)), *truth, "{value}");
            assert_eq!(denied.holds(Some(value)), truth.not(), "not {value}");
        }
        assert_eq!((plain.holds(None), denied.holds(None)), (No, Yes));
    }

    #[test]
    fn values_are_compared() {
        check(
            json!({"equals": "prod"}),
            &[
                (json!("prod"), Yes),
                (json!("Prod"), No),
                (json!(null), No),
                (json!(["prod"]), Unknown),
                (json!(1), Unknown),
            ],
        );
        check(
            json!({"one_of": [1, true]}),
            &[
                (json!(1), Yes),
                (json!(1.0), Yes),
                (json!(true), Yes),
                (json!(2), No),
                (json!("1"), Unknown),
            ],
        );
        check(
            json!({"equals": 9_007_199_254_740_993_u64}),
            &[(json!(9_007_199_254_740_992_u64), No)],
        );
    }

    #[test]
    fn texts_are_matched() {
        check(
            json!({"glob": ["*.md", "a?"]}),
            &[
                (json!("x.md"), Yes),
                (json!("ab"), Yes),
                (json!("x.txt"), No),
                (json!(["x.md"]), Unknown),
            ],
        );
        check(
            json!({"prefix": "SELECT *"}),
            &[(json!("SELECT * FROM"), Yes), (json!("SELECT x"), No)],
        );
        check(json!({"prefix": "a"}), &[(json!({}), Unknown)]);
    }

    #[test]
    fn numbers_lie_between() {
        let values = [
            (json!(0), No),
            (json!(1), Yes),
            (json!(2.5), Yes),
            (json!(2.6), No),
            (json!("2"), Unknown),
        ];
        check(json!({"min": 1, "max": 2.5}), &values);
        check(json!({"min": 1}), &[(json!(1e300), Yes), (json!(-1), No)]);
        check(json!({"max": 1}), &[(json!(-1e300), Yes), (json!(2), No)]);
    }

    #[test]
    fn paths_lie_within() {
        check(
            json!({"path_within": ["/data", "/tmp"]}),
            &[
                (json!("/tmp/x"), Yes),
                (json!("/data/../tmp"), Yes),
                (json!("/data/../etc"), No),
                (json!("../etc"), Unknown),
                (json!(5), Unknown),
            ],
        );
    }

    #[test]
    fn what_is_null_is_absent() {
        for (absent, null, there) in [(true, Yes, No), (false, No, Yes)] {
            let condition = condition(json!({"absent": absent}));
            assert_eq!(condition.holds(None), null);
            assert_eq!(condition.holds(Some(&json!(null))), null);
            assert_eq!(condition.holds(Some(&json!(0))), there);
        }
    }

    #[test]
    fn a_test_can_be_of_each_element() {
        let all = condition(json!({"path_within": "/d", "each": "all"}));
        assert_eq!(all.holds(Some(&json!(["/d/x", "/d/y"]))), Yes);
        assert_eq!(all.holds(Some(&json!(["/d/x", "/e"]))), No);
        assert_eq!(all.holds(Some(&json!(["/d/x", "e"]))), Unknown);
        assert_eq!(all.holds(Some(&json!("/d/x"))), Unknown);
        let any = condition(json!({"path_within": "/d", "each": "any", "not": true}));
        assert_eq!(any.holds(Some(&json!(["/d/x", "/e"]))), Yes);
        assert_eq!(any.holds(Some(&json!(["/d/x"]))), No);
        assert_eq!(any.holds(Some(&json!([]))), No);
        assert_eq!(any.holds(None), Yes);
    }
}
