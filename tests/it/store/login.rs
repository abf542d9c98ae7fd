//! Logins that have begun and not ended, as they are kept.

use std::sync::Arc;

use kernel_model::id::UserId;
use kernel_model::time::Time;
use kernel_ports::access::{AccessStore, Holder, Identity};
use kernel_ports::login::{Device, DeviceAnswer, LoginUse};

fn device(id: u8, ends_at: u64) -> Device {
    Device {
        digest: [id; 32],
        user_code: [100 + id; 32],
        label: "lapt\u{f6}p".to_owned(),
        address: "192.0.2.1".to_owned(),
        asked_at: Time(3),
        ends_at: Time(ends_at),
        answer: None,
    }
}

pub(super) async fn a_device_reads_back_with_its_answer_until_it_ends(store: Arc<dyn AccessStore>) {
    let identity = Identity { provider: "idp".to_owned(), ..Identity::default() };
    let mut devices = [device(1, 50), device(2, 60), device(3, 60), device(4, 60)];
    for device in &devices {
        store.device_put(device, Time(4)).await.unwrap();
    }
    let kept = async || store.access_load().await.unwrap().devices;
    assert_eq!(kept().await, devices);
    devices[1].answer = Some(DeviceAnswer::Denied);
    devices[2].answer = Some(DeviceAnswer::Approved(Holder::User(UserId(7))));
    devices[3].answer = Some(DeviceAnswer::Approved(Holder::Identity(Box::new(identity))));
    for device in &devices[1..] {
        store.device_put(device, Time(50)).await.unwrap();
    }
    assert_eq!(kept().await, devices[1..]);
    store.device_remove(&[3; 32]).await.unwrap();
    store.device_remove(&[99; 32]).await.unwrap();
    assert_eq!(kept().await, [devices[1].clone(), devices[3].clone()]);
}

pub(super) async fn a_login_is_used_once_while_it_could_be(store: Arc<dyn AccessStore>) {
    let login = async |id: u8, ends_at, now| {
        store.login_use(&[id; 32], Time(ends_at), Time(now), 2).await.unwrap()
    };
    assert_eq!(login(1, 10, 1).await, LoginUse::First);
    assert_eq!(login(1, 10, 2).await, LoginUse::Again);
    assert_eq!(login(2, 20, 3).await, LoginUse::First);
    assert_eq!(login(3, 20, 4).await, LoginUse::Full);
    assert_eq!(login(2, 20, 4).await, LoginUse::Again);
    // The first has made room.
    assert_eq!(login(3, 20, 10).await, LoginUse::First);
}
