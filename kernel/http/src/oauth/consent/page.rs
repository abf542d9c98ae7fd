//! What a person sees who is asked to let a program in.

use std::fmt::Write as _;

use kernel_auth::{AppChoice, AppClient, AppRequest, Asked, Caller, Level};
use kernel_model::access::Audience;

use crate::extract::origin;
use crate::html::{Page, Text, encoded};

/// All that the page shows.
pub(super) struct Consent<'a> {
    pub(super) caller: &'a Caller,
    pub(super) csrf: &'a str,
    pub(super) client: &'a AppClient,
    pub(super) request: &'a AppRequest,
    pub(super) asked: &'a Asked,
    pub(super) choice: &'a AppChoice,
    /// What was wrong with the last choice.
    pub(super) bad: Option<&'a str>,
}

impl Consent<'_> {
    pub(super) fn page(&self) -> Page {
        let mut body = String::new();
        if let Some(bad) = self.bad {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(body, "<p class=\"bad\" role=\"alert\">{}</p>", Text(bad));
        }
        self.facts(&mut body);
        body.push_str("<form method=\"post\" action=\"/oauth/authorize\">\n");
        let hidden = |body: &mut String, name: &str, value: &str| {
            let value = Text(value);
            let _ = writeln!(body, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        };
        hidden(&mut body, "csrf", self.csrf);
        for (name, value) in fields(self.request) {
            hidden(&mut body, name, value);
        }
        self.levels(&mut body);
        let _ = write!(
            body,
            "<details{}>\n<summary>In which projects and workspaces</summary>\n\
             <label>Projects <input name=\"projects\" value=\"{}\" required \
             autocomplete=\"off\" spellcheck=\"false\"></label>\n\
             <label>Workspaces <input name=\"workspaces\" value=\"{}\" required \
             autocomplete=\"off\" spellcheck=\"false\"></label>\n\
             <p class=\"soft\">Names with commas in between; * stands for all, and dev/* for all \
             below dev.</p>\n</details>\n\
             <button class=\"main\" name=\"answer\" value=\"allow\">Let it in</button>\n\
             <button name=\"answer\" value=\"deny\">Deny</button>\n</form>\n\
             <p class=\"soft\">It may then act for you until you revoke it on your account page, or \
             30 days after it did so last.</p>",
            if self.bad.is_some() { " open" } else { "" },
            Text(&self.choice.projects.join(", ")),
            Text(&self.choice.workspaces.join(", ")),
        );
        let title = format!("Let in {}?", self.client.name);
        Page::new(&title, body).form_target(&form_target(&self.request.redirect_uri))
    }

    fn facts(&self, body: &mut String) {
        let known = match &self.client.host {
            Some(host) => format!("<strong>{}</strong> vouches for it", Text(host)),
            None => "nobody vouches for it: it registered itself".to_owned(),
        };
        let part = match self.asked.audience {
            Audience::Api => "the API of this server",
            Audience::Mcp => "this server's tools for AI agents",
        };
        let _ = write!(
            body,
            "<p>An app that calls itself <strong>{}</strong> asks to act for you.</p>\n\
             <dl>\n<dt>Known by</dt><dd>{known}</dd>\n<dt>Answered at</dt><dd>{}</dd>\n\
             <dt>For</dt><dd>{part}</dd>\n<dt>As</dt><dd>{}</dd>\n</dl>\n\
             <p class=\"warn\">Nobody has checked the name. Go on only if you have just started this \
             in an app of your own.</p>\n",
            Text(&self.client.name),
            Text(&place(&self.request.redirect_uri)),
            Text(&self.caller.actor),
        );
    }

    fn levels(&self, body: &mut String) {
        body.push_str("<fieldset>\n<legend>What may it do?</legend>\n");
        let own = self.caller.verbs_anywhere();
        for level in Level::offered(own) {
            let (title, says) = match level {
                Level::Read => ("Read only", "Look at pipelines, runs, logs and artifacts."),
                Level::Run => ("Read and run", "And start, retry and stop runs."),
                Level::Build => ("Build and run", "And change and remove pipelines."),
                Level::All => ("Everything that you may", ""),
            };
            let all = match own.is_empty() {
                true => "At this moment: nothing.".to_owned(),
                false => format!("At this moment: {own}."),
            };
            let says = if level == Level::All { all.as_str() } else { says };
            let checked = if level == self.choice.level { " checked" } else { "" };
            let _ = writeln!(
                body,
                "<label class=\"choice\"><input type=\"radio\" name=\"level\" value=\"{}\"{checked} \
                 required> <span><strong>{title}</strong><br>{}</span></label>",
                level.word(),
                Text(says)
            );
        }
        body.push_str("</fieldset>\n");
    }
}

/// Returns what the program asked, as the query of an address.
pub(super) fn query(request: &AppRequest) -> String {
    let given = fields(request).into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> =
        given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

fn fields(request: &AppRequest) -> [(&'static str, &str); 9] {
    [
        ("client_id", &request.client_id),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("response_mode", &request.response_mode),
        ("state", &request.state),
        ("scope", &request.scope),
        ("resource", &request.resource),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ]
}

/// Returns where the answer goes, in the words of the page.
fn place(redirect_uri: &str) -> String {
    match redirect_uri.split_once("://") {
        Some(("https", _)) => origin(redirect_uri).trim_start_matches("https://").to_owned(),
        Some(("http", _)) => {
            format!("this device ({})", origin(redirect_uri).trim_start_matches("http://"))
        }
        _ => {
            let scheme = redirect_uri.split(':').next().unwrap_or_default();
            format!("an app on this device ({scheme})")
        }
    }
}

/// Returns what the policy of the page must let the form lead to: browsers hold its redirect to it.
fn form_target(redirect_uri: &str) -> String {
    let scheme = redirect_uri.split(':').next().unwrap_or_default();
    let origin = origin(redirect_uri);
    let is_plain = |text: &str| {
        let is_sign = |b: u8| matches!(b, b'.' | b'-' | b'+' | b':' | b'/');
        text.bytes().all(|b| b.is_ascii_alphanumeric() || is_sign(b))
    };
    // An address of IPv6 has no form in a policy.
    match scheme {
        "http" | "https" if is_plain(origin) => origin.to_owned(),
        scheme if is_plain(scheme) => format!("{scheme}:"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{form_target, place};

    #[test]
    fn a_form_leads_to_the_program_and_nowhere_else() {
        for (uri, target, shown) in [
            ("https://app.example/cb?x=1", "https://app.example", "app.example"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:80", "this device (127.0.0.1:80)"),
            ("http://[::1]:80/cb", "http:", "this device ([::1]:80)"),
            ("com.example.app:/cb", "com.example.app:", "an app on this device (com.example.app)"),
            ("cursor://x/cb", "cursor:", "an app on this device (cursor)"),
            ("web+x:/cb", "web+x:", "an app on this device (web+x)"),
            ("https://x;sandbox/cb", "https:", "x;sandbox"),
        ] {
            assert_eq!((form_target(uri).as_str(), place(uri).as_str()), (target, shown), "{uri}");
        }
    }
}
