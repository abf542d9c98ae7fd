//! A browser without a window: it keeps cookies, follows redirects, and fills in forms.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url};

pub(crate) struct Browser {
    client: Client,
    /// By host with port, and name.
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

/// Where it ended.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        kernel_host::tls_install();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { client: client.build().unwrap(), cookies: Mutex::default() }
    }

    /// Opens a page, wherever it leads.
    pub(crate) async fn get(&self, url: &str) -> Page {
        let page = self.once(Method::GET, url, None, &[]).await;
        self.follow(page).await
    }

    /// Sends a form, as a page of that server does.
    pub(crate) async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Page {
        let origin = Url::parse(url).unwrap().origin().ascii_serialization();
        let headers = [("origin", origin.as_str())];
        let page = self.once(Method::POST, url, Some(fields), &headers).await;
        self.follow(page).await
    }

    /// Sends one request, and follows nothing.
    pub(crate) async fn once(
        &self,
        method: Method,
        url: &str,
        fields: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Page {
        let place = place(url);
        let mut request = self.client.request(method, url);
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap();
            let own = cookies.iter().filter(|((of, _), _)| *of == place);
            own.map(|((_, name), value)| format!("{name}={value}")).collect()
        };
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = fields {
            let form = Url::parse_with_params("http://x/", fields).unwrap();
            let form = form.query().unwrap_or_default().to_owned();
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let key = (place.clone(), name.to_owned());
            let mut cookies = self.cookies.lock().unwrap();
            match value {
                "" => drop(cookies.remove(&key)),
                value => drop(cookies.insert(key, value.to_owned())),
            }
        }
        Page {
            url: url.to_owned(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// Follows redirects, ten at the most.
    async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            let Some(next) = page.location() else { return page };
            page = self.once(Method::GET, &next, None, &[]).await;
        }
        panic!("there is no end: {page:#?}");
    }

    /// Returns a cookie of the server at `url`.
    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(&(place(url), name.to_owned())).cloned()
    }

    pub(crate) fn cookie_set(&self, url: &str, name: &str, value: &str) {
        let key = (place(url), name.to_owned());
        self.cookies.lock().unwrap().insert(key, value.to_owned());
    }
}

impl Page {
    /// Returns where it leads.
    pub(crate) fn location(&self) -> Option<String> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(Url::parse(&self.url).unwrap().join(to).unwrap().to_string())
    }

    /// Returns where the last form goes, and what is filled in already.
    #[track_caller]
    pub(crate) fn form(&self) -> (String, Vec<(String, String)>) {
        let form = self.text.rsplit_once("<form").unwrap_or_else(|| panic!("no form: {self:#?}")).1;
        let action = attribute(form, "action").unwrap();
        let action = Url::parse(&self.url).unwrap().join(&action).unwrap();
        let hidden = form.split("<input").skip(1).filter(|input| input.contains("hidden"));
        let fields = hidden.map(|input| {
            (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default())
        });
        (action.to_string(), fields.collect())
    }

    /// Returns what is filled in under a name.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, fields) = self.form();
        let found = fields.into_iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no field {name}: {self:#?}")).1
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(value.replace("&amp;", "&").replace("&quot;", "\"").replace("&#39;", "'"))
}

fn place(url: &str) -> String {
    Url::parse(url).unwrap().authority().to_owned()
}
