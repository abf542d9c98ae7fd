//! Connected apps and clients, as they are kept.

use std::sync::Arc;

use kernel_model::access::{Audience, Verb};
use kernel_model::id::{AppId, ClientId, UserId};
use kernel_model::time::Time;
use kernel_ports::access::{AccessStore, Holder, Identity};
use kernel_ports::app::{APP_TOKENS_MAX, AppToken, Client, ConnectedApp, Refresh};

fn app(id: u8, holder: Holder) -> ConnectedApp {
    ConnectedApp {
        id: AppId(id.into()),
        holder,
        client: ClientId(7).to_string(),
        name: "Pr\u{fc}fer".to_owned(),
        redirect_uri: "http://127.0.0.1/cb".to_owned(),
        resource: "https://ci.example.com/mcp".to_owned(),
        audience: Audience::Mcp,
        verbs: [Verb::View, Verb::Run].into_iter().collect(),
        projects: vec!["*".to_owned()],
        workspaces: vec!["dev/*".to_owned()],
        code: [id; 32],
        challenge: "abc".to_owned(),
        refresh: None,
        created_at: Time(3),
        expires_at: Time(100),
    }
}

fn token(id: u8, app: u8, expires_at: u64) -> AppToken {
    AppToken { digest: [id; 32], app: AppId(app.into()), expires_at: Time(expires_at) }
}

fn client(id: u128) -> Client {
    Client {
        id: ClientId(id),
        name: "Probe".to_owned(),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        created_at: Time(5),
    }
}

pub(super) async fn an_app_reads_back_as_it_was_kept_last(store: Arc<dyn AccessStore>) {
    let identity = Identity { provider: "idp".to_owned(), ..Identity::default() };
    let mut apps = [
        app(1, Holder::User(UserId(1))),
        ConnectedApp {
            client: "https://app.example/client.json".to_owned(),
            audience: Audience::Api,
            ..app(2, Holder::Identity(Box::new(identity)))
        },
    ];
    for app in &apps {
        store.app_put(app, None, Time(4)).await.unwrap();
    }
    assert_eq!(store.access_load().await.unwrap().apps, apps);
    for before in [None, Some([8; 32])] {
        let refresh = Refresh { digest: [9; 32], before, since: Time(6) };
        apps[0] = ConnectedApp { refresh: Some(refresh), expires_at: Time(200), ..apps[0].clone() };
        store.app_put(&apps[0], None, Time(6)).await.unwrap();
        assert_eq!(store.access_load().await.unwrap().apps, apps);
    }
}

pub(super) async fn tokens_go_with_their_app_and_with_time(store: Arc<dyn AccessStore>) {
    let holder = Holder::User(UserId(1));
    let long = |id| ConnectedApp { expires_at: Time(1_000), ..app(id, holder.clone()) };
    store.app_put(&long(1), Some(&token(1, 1, 20)), Time(10)).await.unwrap();
    store.app_put(&long(2), Some(&token(2, 2, 300)), Time(10)).await.unwrap();
    store.app_put(&app(3, holder.clone()), Some(&token(3, 3, 300)), Time(10)).await.unwrap();
    // What has expired of this app goes, and an app that has.
    store.app_put(&long(1), Some(&token(4, 1, 300)), Time(100)).await.unwrap();
    let data = store.access_load().await.unwrap();
    assert_eq!(data.apps, [long(1), long(2)]);
    assert_eq!(data.app_tokens, [token(2, 2, 300), token(4, 1, 300)]);
    for id in 0..APP_TOKENS_MAX {
        let token = token(u8::try_from(10 + id).unwrap(), 1, 300);
        store.app_put(&long(1), Some(&token), Time(100)).await.unwrap();
    }
    let found = store.access_load().await.unwrap().app_tokens;
    assert_eq!(found.len(), 1 + APP_TOKENS_MAX);
    assert!(!found.contains(&token(4, 1, 300)) && found.contains(&token(10, 1, 300)));
    store.app_remove(&[AppId(1), AppId(99)]).await.unwrap();
    let data = store.access_load().await.unwrap();
    assert_eq!((data.apps, data.app_tokens), (vec![long(2)], vec![token(2, 2, 300)]));
    store.user_remove(UserId(1), Time(100)).await.unwrap();
    let data = store.access_load().await.unwrap();
    assert_eq!((data.apps, data.app_tokens), (vec![], vec![]));
}

pub(super) async fn clients_make_room_unless_somebody_let_them_in(store: Arc<dyn AccessStore>) {
    for id in [7, 8, 9] {
        assert!(store.client_add(&client(id), 3).await.unwrap());
    }
    assert_eq!(store.client_get(ClientId(8)).await.unwrap(), Some(client(8)));
    store.app_put(&app(1, Holder::User(UserId(1))), None, Time(4)).await.unwrap();
    assert!(store.client_add(&client(10), 3).await.unwrap());
    let known = async |id| store.client_get(ClientId(id)).await.unwrap().is_some();
    assert_eq!([known(7).await, known(8).await, known(9).await], [true, false, true]);
    for id in [9, 10] {
        let client = ClientId(id).to_string();
        let holder = Holder::User(UserId(1));
        let app = ConnectedApp { client, ..app(u8::try_from(id).unwrap(), holder) };
        store.app_put(&app, None, Time(4)).await.unwrap();
    }
    assert!(!store.client_add(&client(11), 3).await.unwrap(), "all are in use");
    assert!(!known(11).await);
}
