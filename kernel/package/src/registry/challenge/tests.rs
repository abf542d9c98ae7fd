use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::Challenge;

fn of(texts: &[&'static str]) -> Option<Challenge> {
    let mut headers = HeaderMap::new();
    for text in texts {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(text));
    }
    Challenge::of(&headers)
}

#[test]
fn a_registry_says_where_tokens_are_given() {
    let text = r#"Bearer realm="https://auth.example/token", service=r.example,scope="repository:a/b:pull,push""#;
    let want = Challenge::Bearer {
        realm: "https://auth.example/token".to_owned(),
        service: Some("r.example".to_owned()),
        scope: Some("repository:a/b:pull,push".to_owned()),
    };
    assert_eq!(of(&[text]), Some(want));
}

#[test]
fn the_first_known_scheme_counts() {
    assert_eq!(of(&["Negotiate", r#"basic realm="x""#]), Some(Challenge::Basic));
    assert_eq!(of(&["Basic"]), Some(Challenge::Basic));
    assert_eq!(of(&["Bearer service=x"]), None);
    assert_eq!(of(&["Bearer realm"]), None);
    assert_eq!(of(&[]), None);
}
