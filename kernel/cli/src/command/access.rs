//! `tenon login`, `logout`, `whoami`, `user …`, `token …`, `role …`, `rule …`

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context as _, bail};
use kernel_wire::access::{
    Login, PasswordChange, Rule, Token, TokenCreate, User, UserAdd, UserSet,
};
use kernel_wire::time::Timestamp;

use crate::api::Api;
use crate::api::error::ApiError;
use crate::args::{Command, Common, RoleCommand, RuleCommand, TokenCommand, UserCommand};
use crate::command::browser;
use crate::exit::Exit;
use crate::login::Logins;
use crate::out::Out;
use crate::show::table;

/// Does `tenon login` and `tenon logout`, which keep and forget tokens; nothing for other commands.
///
/// # Errors
/// As [`super::execute`].
pub async fn logins(
    command: &Command,
    api: &Api,
    common: &Common,
    logins: &Logins,
    out: &Out,
) -> Option<anyhow::Result<Exit>> {
    match command {
        Command::Login { name } => Some(login(name.as_deref(), api, common, logins, out).await),
        Command::Logout { everywhere } => {
            Some(logout(*everywhere, api, &common.server, logins, out).await)
        }
        _ => None,
    }
}

/// Reads a new password: twice from a terminal, or one line of the standard input.
///
/// # Errors
/// Fails when there is none, or the two differ.
pub fn new_password() -> anyhow::Result<String> {
    let password = password("New password: ")?;
    if io::stdin().is_terminal() && password != self::password("The same again: ")? {
        bail!("the two passwords differ; try again");
    }
    Ok(password)
}

pub(super) async fn whoami(api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let who = api.whoami().await?;
    out.result(&who, |_| {
        let verbs =
            if who.verbs.is_empty() { "what rules say".to_owned() } else { who.verbs.join(", ") };
        vec![format!("{} (by {}); on the server: {verbs}", who.actor, who.via)]
    });
    Ok(Exit::Succeeded)
}

pub(super) async fn user(command: &UserCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        UserCommand::Add { name, role, groups, email, no_password } => {
            let password = if *no_password { None } else { Some(new_password()?) };
            let add = UserAdd {
                name: name.clone(),
                password,
                email: email.clone().unwrap_or_default(),
                groups: groups.clone(),
                role: role.clone(),
            };
            let user = api.user_add(&add).await?;
            out.result(&user, |_| vec![format!("{} was added", user.name)]);
        }
        UserCommand::List => {
            let users = api.users().await?;
            out.result(&users, |look| {
                let rows: Vec<[String; 4]> = users.iter().map(user_row).collect();
                table::lines(["NAME", "ROLE", "GROUPS", "STATE"], &rows, look)
            });
        }
        UserCommand::Password { name } => {
            api.user_password(name, &new_password()?).await?;
            let done = serde_json::json!({ "user": name });
            out.result(&done, |_| vec![format!("{name} has another password")]);
        }
        UserCommand::Disable { name } => switch(name, true, api, out).await?,
        UserCommand::Enable { name } => switch(name, false, api, out).await?,
        UserCommand::Rm { name } => {
            api.user_remove(name).await?;
            let done = serde_json::json!({ "user": name });
            out.result(&done, |_| vec![format!("{name} was removed")]);
        }
    }
    Ok(Exit::Succeeded)
}

pub(super) async fn password_change(api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let old = password("Password: ")?;
    let change = PasswordChange { old, new: new_password()? };
    api.password_change(&change).await?;
    out.result(&serde_json::json!({ "changed": true }), |_| {
        vec!["your password is changed, and your other logins have ended".to_owned()]
    });
    Ok(Exit::Succeeded)
}

pub(super) async fn token(command: &TokenCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        TokenCommand::Create { name, verbs, projects, workspaces, expires, service } => {
            let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
            let ms =
                |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let create = TokenCreate {
                name: name.clone(),
                verbs: verbs.clone(),
                projects: some(projects),
                workspaces: some(workspaces),
                expires_in_ms: expires.map(ms),
                is_service: *service,
            };
            let made = api.token_create(&create).await?;
            // Alone on the standard output, so that it can be kept by a pipe.
            out.result(&made, |_| vec![made.text.clone()]);
            if !out.is_json() {
                out.aside(&format!("{} is shown only this once\n", made.token.id));
            }
        }
        TokenCommand::List => {
            let tokens = api.tokens().await?;
            out.result(&tokens, |look| {
                let rows: Vec<[String; 7]> = tokens.iter().map(token_row).collect();
                let head = ["ID", "NAME", "FOR", "VERBS", "WORKSPACES", "USED", "STATE"];
                table::lines(head, &rows, look)
            });
        }
        TokenCommand::Revoke { id } => {
            api.token_revoke(id).await?;
            let done = serde_json::json!({ "token": id });
            out.result(&done, |_| vec![format!("{id} was revoked")]);
        }
    }
    Ok(Exit::Succeeded)
}

pub(super) async fn role(command: &RoleCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        RoleCommand::List => {
            let roles = api.roles().await?;
            out.result(&roles, |look| {
                let rows: Vec<[String; 3]> = roles
                    .iter()
                    .map(|role| {
                        let from = if role.is_built_in { "built in" } else { "set here" };
                        [role.name.clone(), role.verbs.join(", "), from.to_owned()]
                    })
                    .collect();
                table::lines(["NAME", "VERBS", "FROM"], &rows, look)
            });
        }
        RoleCommand::Set { name, verbs } => {
            api.role_set(name, verbs).await?;
            let done = serde_json::json!({ "role": name, "verbs": verbs });
            out.result(&done, |_| vec![format!("{name} may {}", verbs.join(", "))]);
        }
        RoleCommand::Rm { name } => {
            api.role_remove(name).await?;
            let done = serde_json::json!({ "role": name });
            out.result(&done, |_| vec![format!("{name} was removed")]);
        }
    }
    Ok(Exit::Succeeded)
}

pub(super) async fn rule(command: &RuleCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        RuleCommand::List { place } => {
            let rules = api.rules(place.pipeline.as_deref()).await?;
            out.result(&rules, |look| {
                let rows: Vec<[String; 3]> = rules.iter().map(rule_row).collect();
                table::lines(["WHERE", "ROLE", "FOR WHOM"], &rows, look)
            });
        }
        RuleCommand::Set { role, expression, place } => {
            let rule = api.rule_set(place.pipeline.as_deref(), role, expression).await?;
            out.result(&rule, |_| vec![rule_row(&rule).join("  ")]);
        }
        RuleCommand::Test { expression, user } => {
            let tested = api.rule_test(expression, user).await?;
            let word = if tested.fits { "true" } else { "false" };
            out.result(&tested, |_| vec![format!("{word} for {user}")]);
        }
        RuleCommand::Rm { role, place } => {
            api.rule_remove(place.pipeline.as_deref(), role).await?;
            let done = serde_json::json!({ "role": role });
            out.result(&done, |_| vec![format!("the rule for {role} was removed")]);
        }
    }
    Ok(Exit::Succeeded)
}

async fn login(
    name: Option<&str>,
    api: &Api,
    common: &Common,
    logins: &Logins,
    out: &Out,
) -> anyhow::Result<Exit> {
    let token = match (name, &common.token) {
        (None, Some(token)) => token.clone(),
        (None, None) => browser::login(api, out).await?,
        (Some(name), _) => {
            let login = Login {
                name: name.to_owned(),
                password: password("Password: ")?,
                label: browser::machine().map(|host| format!("login on {host}")),
            };
            api.login(&login).await?.text
        }
    };
    let who = api.clone().with_token(Some(token.clone())).whoami().await?;
    logins.set(&common.server, Some(&token))?;
    out.result(&who, |_| vec![format!("logged in to {} as {}", common.server, who.actor)]);
    Ok(Exit::Succeeded)
}

async fn logout(
    everywhere: bool,
    api: &Api,
    server: &str,
    logins: &Logins,
    out: &Out,
) -> anyhow::Result<Exit> {
    let ended = match api.logout(everywhere).await {
        Ok(done) => done.ended,
        // It has ended already: then there is only the file to clean.
        Err(ApiError::Refused(refused)) if refused.problem.status == 401 && !everywhere => 0,
        Err(err) => return Err(err.into()),
    };
    logins.set(server, None)?;
    let done = serde_json::json!({ "ended": ended });
    out.result(&done, |_| vec![format!("logged out of {server}; {ended} logins and tokens ended")]);
    Ok(Exit::Succeeded)
}

async fn switch(name: &str, is_disabled: bool, api: &Api, out: &Out) -> anyhow::Result<()> {
    let user = api.user(name).await?;
    let set = UserSet { email: user.email, groups: user.groups, role: user.role, is_disabled };
    let user = api.user_set(name, &set).await?;
    let word = if is_disabled { "disabled, and logged out everywhere" } else { "enabled" };
    out.result(&user, |_| vec![format!("{name} is {word}")]);
    Ok(())
}

fn password(prompt: &str) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword(prompt);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("failed to read the password")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("there is no password on the standard input");
    }
    Ok(password.to_owned())
}

/// Reads a line that the terminal does not show.
fn rpassword(prompt: &str) -> anyhow::Result<String> {
    let term = console::Term::stderr();
    term.write_str(prompt)?;
    let password = term.read_secure_line().context("failed to read the password")?;
    if password.is_empty() {
        bail!("there is no password");
    }
    Ok(password)
}

fn user_row(user: &User) -> [String; 4] {
    let state = match (user.is_disabled, user.has_password) {
        (true, _) => "disabled",
        (false, true) => "",
        (false, false) => "no password",
    };
    let role = user.role.clone().unwrap_or_else(|| "-".to_owned());
    [user.name.clone(), role, user.groups.join(", "), state.to_owned()]
}

fn token_row(token: &Token) -> [String; 7] {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let state = match (time(token.revoked_at), time(token.expires_at)) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => String::new(),
    };
    [
        token.id.clone(),
        token.name.clone(),
        token.holder.clone().unwrap_or_else(|| "itself".to_owned()),
        token.verbs.join(", "),
        token.workspaces.join(", "),
        time(token.used_at).unwrap_or_else(|| "never".to_owned()),
        state,
    ]
}

fn rule_row(rule: &Rule) -> [String; 3] {
    [rule.scope.clone(), rule.role.clone(), rule.expression.clone()]
}
