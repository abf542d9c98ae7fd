//! Who may do what, as it is kept.

use std::sync::Arc;

use kernel_model::access::{Scope, Verb, Verbs};
use kernel_model::id::{SessionId, TokenId, UserId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_ports::access::{
    AccessStore, Holder, Identity, Role, Rule, Session, Token, User, Visitor,
};
use kernel_ports::store::StoreError;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn user(id: u128, text: &str) -> User {
    User {
        id: UserId(id),
        name: name(text),
        email: format!("{text}@example.com"),
        groups: vec!["platform".to_owned(), "gr\u{fc}n".to_owned()],
        role: Some(name("editor")),
        password: Some("$argon2id$".to_owned()),
        is_disabled: false,
        created_at: Time(1),
        changed_at: Time(2),
    }
}

fn token(id: u8, holder: Holder) -> Token {
    Token {
        id: TokenId(id.into()),
        digest: [id; 32],
        name: "deploy".to_owned(),
        holder,
        verbs: [Verb::View, Verb::Run].into_iter().collect(),
        projects: vec!["*".to_owned()],
        workspaces: vec!["dev/*".to_owned()],
        created_by: "user/alice".to_owned(),
        created_at: Time(3),
        expires_at: Some(Time(4)),
        revoked_at: None,
        used_at: None,
    }
}

fn session(id: u8, holder: Holder) -> Session {
    Session {
        id: SessionId(id.into()),
        digest: [id; 32],
        holder,
        address: "192.0.2.1".to_owned(),
        created_at: Time(5),
        seen_at: Time(5),
        expires_at: Time(6),
    }
}

pub(super) async fn everything_reads_back_as_it_was_kept(store: Arc<dyn AccessStore>) {
    let identity = Identity {
        provider: "idp".to_owned(),
        user_id: "42".to_owned(),
        organizations: vec!["myorg".to_owned()],
        raw_json: r#"{"a":1}"#.to_owned(),
        ..Identity::default()
    };
    let users = vec![user(1, "alice"), user(2, "bob")];
    for user in &users {
        store.user_add(user).await.unwrap();
    }
    let visitor = |groups: &[&str], last_at| Visitor {
        identity: Identity {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..identity.clone()
        },
        is_disabled: false,
        first_at: Time(7),
        last_at: Time(last_at),
    };
    let visitors = vec![visitor(&["new"], 9)];
    // The second time is another login of the same person.
    store.visitor_set(&visitor(&["old"], 8)).await.unwrap();
    store.visitor_set(&visitors[0]).await.unwrap();
    let tokens = vec![
        token(1, Holder::Service),
        token(2, Holder::User(UserId(1))),
        token(3, Holder::Identity(Box::new(identity.clone()))),
    ];
    for token in &tokens {
        store.token_add(token).await.unwrap();
    }
    let sessions =
        vec![session(1, Holder::User(UserId(2))), session(2, Holder::Identity(Box::new(identity)))];
    for session in &sessions {
        store.session_add(session).await.unwrap();
    }
    let role = Role { name: name("releaser"), verbs: Verbs::all() };
    store.role_set(&role).await.unwrap();
    let rule = Rule {
        scope: Scope::Pipeline { project: name("p"), pipeline: name("ci") },
        role: name("releaser"),
        expression: "true".to_owned(),
        changed_by: "user/alice".to_owned(),
        changed_at: Time(7),
    };
    store.rule_set(&rule).await.unwrap();
    let data = store.access_load().await.unwrap();
    assert_eq!((data.users, data.tokens, data.sessions), (users, tokens, sessions));
    assert_eq!((data.roles, data.rules), (vec![role], vec![rule]));
    assert_eq!(data.visitors, visitors);
}

pub(super) async fn the_name_of_a_user_is_taken_once(store: Arc<dyn AccessStore>) {
    store.user_add(&user(1, "alice")).await.unwrap();
    let err = store.user_add(&user(2, "alice")).await.unwrap_err();
    assert!(matches!(&err, StoreError::Conflict { .. }) && err.to_string().contains("alice"));
    let missing = store.user_set(&user(2, "bob")).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound { .. }), "{missing}");
    let changed = User { is_disabled: true, role: None, ..user(1, "alice") };
    store.user_set(&changed).await.unwrap();
    assert_eq!(store.access_load().await.unwrap().users, [changed]);
}

pub(super) async fn a_removed_user_leaves_revoked_tokens_and_no_session(
    store: Arc<dyn AccessStore>,
) {
    store.user_add(&user(1, "alice")).await.unwrap();
    store.token_add(&token(1, Holder::User(UserId(1)))).await.unwrap();
    store.token_add(&token(2, Holder::Service)).await.unwrap();
    store.session_add(&session(1, Holder::User(UserId(1)))).await.unwrap();
    store.session_add(&session(2, Holder::User(UserId(2)))).await.unwrap();
    store.user_remove(UserId(1), Time(9)).await.unwrap();
    let data = store.access_load().await.unwrap();
    assert_eq!(data.users, []);
    let revoked: Vec<_> = data.tokens.iter().map(|token| token.revoked_at).collect();
    assert_eq!(revoked, [Some(Time(9)), None]);
    assert_eq!(data.sessions, [session(2, Holder::User(UserId(2)))]);
}

pub(super) async fn a_token_is_revoked_once_and_for_good(store: Arc<dyn AccessStore>) {
    store.token_add(&token(1, Holder::Service)).await.unwrap();
    store.token_revoke(&[TokenId(1), TokenId(99)], Time(9)).await.unwrap();
    store.token_revoke(&[TokenId(1)], Time(10)).await.unwrap();
    let uses = [(TokenId(1), Time(8)), (TokenId(1), Time(7)), (TokenId(99), Time(1))];
    store.token_used(&uses).await.unwrap();
    let found = store.access_load().await.unwrap().tokens.remove(0);
    assert_eq!((found.revoked_at, found.used_at), (Some(Time(9)), Some(Time(8))));
}

pub(super) async fn sessions_are_seen_and_ended(store: Arc<dyn AccessStore>) {
    for id in [1, 2] {
        store.session_add(&session(id, Holder::User(UserId(1)))).await.unwrap();
    }
    store.session_seen(&[(SessionId(1), Time(8)), (SessionId(9), Time(1))]).await.unwrap();
    store.session_remove(&[SessionId(2), SessionId(9)]).await.unwrap();
    let found = store.access_load().await.unwrap().sessions;
    assert_eq!(found, [Session { seen_at: Time(8), ..session(1, Holder::User(UserId(1))) }]);
}

pub(super) async fn roles_and_rules_are_replaced_and_forgotten(store: Arc<dyn AccessStore>) {
    let releaser = name("releaser");
    for verbs in [Verbs::all(), Verbs::none()] {
        store.role_set(&Role { name: releaser.clone(), verbs }).await.unwrap();
    }
    for expression in ["true", "false"] {
        let rule = Rule {
            scope: Scope::Server,
            role: releaser.clone(),
            expression: expression.to_owned(),
            changed_by: String::new(),
            changed_at: Time(1),
        };
        store.rule_set(&rule).await.unwrap();
    }
    let data = store.access_load().await.unwrap();
    assert_eq!((data.roles.len(), data.roles[0].verbs), (1, Verbs::none()));
    assert_eq!((data.rules.len(), data.rules[0].expression.as_str()), (1, "false"));
    assert!(store.rule_remove(&Scope::Server, &releaser).await.unwrap());
    assert!(!store.rule_remove(&Scope::Server, &releaser).await.unwrap());
    assert!(store.role_remove(&releaser).await.unwrap());
    assert!(!store.role_remove(&releaser).await.unwrap());
}
