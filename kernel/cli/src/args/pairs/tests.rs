use serde_json::json;

use super::*;

#[test]
fn json_keeps_its_type_and_the_rest_is_text() {
    let value = |text: &str| text.parse::<Typed>().unwrap().value;
    assert_eq!(value("n=3"), json!(3));
    assert_eq!(value("b=true"), json!(true));
    assert_eq!(value(r#"l=["a", 1]"#), json!(["a", 1]));
    assert_eq!(value("s=abc"), json!("abc"));
    assert_eq!(value("s=a=b"), json!("a=b"));
    assert_eq!(value("s="), json!(""));
    assert_eq!(value(r#"version="1.0""#), json!("1.0"));
}

#[test]
fn a_secret_without_a_value_is_one_of_the_environment() {
    let read = |text: &str| text.parse::<Pair>().unwrap();
    assert_eq!(read("token").value, None);
    assert_eq!(read("token=").value.as_deref(), Some(""));
    assert_eq!(read("token=a=b").value.as_deref(), Some("a=b"));
}

#[test]
fn what_is_not_a_pair_is_refused() {
    for text in ["name", "=value", "a b=c", "$x=1"] {
        assert!(text.parse::<Typed>().is_err(), "{text}");
    }
    assert!("=v".parse::<Pair>().is_err());
}

#[test]
fn a_secret_is_not_shown() {
    assert!(!format!("{:?}", "token=hunter22".parse::<Pair>().unwrap()).contains("hunter22"));
}
