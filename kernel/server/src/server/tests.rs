use super::*;

async fn refused(address: &str) -> String {
    let err = listen(address.parse().unwrap()).await.unwrap_err();
    format!("{err:#}")
}

fn checked(flags: &[&str]) -> anyhow::Result<()> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: ServerArgs,
    }
    let line = [&["tenon"], flags].concat();
    let args = <Line as clap::Parser>::try_parse_from(line).unwrap().args;
    let settings = config::load(&args).unwrap().settings;
    access::check_address(Config::of(&settings).unwrap().listen, &settings)
}

#[test]
fn letting_everybody_do_everything_from_everywhere_is_said_twice() {
    for address in ["0.0.0.0:7070", "192.0.2.1:7070", "[::]:7070"] {
        let message = format!("{:#}", checked(&["--listen", address, "--no-auth"]).unwrap_err());
        assert!(message.contains("127.0.0.1:7070"), "{message}");
        assert!(message.contains("--no-auth-public"), "{message}");
        checked(&["--listen", address, "--no-auth", "--no-auth-public"]).unwrap();
        checked(&["--listen", address]).unwrap();
    }
    checked(&["--no-auth"]).unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_out() {
    let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let message = refused(&address.to_string()).await;
    assert!(message.starts_with(&format!("{address} is in use by another program")), "{message}");
    assert!(message.contains("--listen 127.0.0.1:"), "{message}");
}
