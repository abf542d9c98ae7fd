use super::*;

async fn refused(address: &str) -> String {
    let err = listen(address.parse().unwrap()).await.unwrap_err();
    format!("{err:#}")
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    for address in ["0.0.0.0:7070", "192.0.2.1:7070", "[::]:7070"] {
        let message = refused(address).await;
        assert!(message.contains("no accounts yet"), "{message}");
        assert!(message.contains("127.0.0.1:7070"), "{message}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_out() {
    let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let message = refused(&address.to_string()).await;
    assert!(message.starts_with(&format!("{address} is in use by another program")), "{message}");
    assert!(message.contains("--listen 127.0.0.1:"), "{message}");
}
