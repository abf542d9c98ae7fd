//! Accounts and the audit.

use kernel_wire::access::{
    LoggedOut, Login, Logout, PasswordChange, PasswordSet, Role, RoleSet, Rule, RuleSet, RuleTest,
    RuleTested, Token, TokenCreate, TokenMade, User, UserAdd, UserSet, Visitor, VisitorSet, Whoami,
};
use kernel_wire::app::ConnectedApp;
use kernel_wire::audit::{AuditLink, AuditVerdict};
use kernel_wire::device::{DeviceStart, DeviceStarted, DeviceToken, DeviceTokenMade};

use super::{Answer, Api, json, part};

impl Api {
    pub async fn login(&self, login: &Login) -> Answer<TokenMade> {
        self.write("POST", "/login", Some(login)).await
    }

    /// Begins to log in this program by a browser.
    pub async fn device_start(&self, start: &DeviceStart) -> Answer<DeviceStarted> {
        self.write("POST", "/device", Some(start)).await
    }

    /// Asks for the token. Until there is one, the refusal's code says what to do.
    pub async fn device_token(&self, token: &DeviceToken) -> Answer<DeviceTokenMade> {
        self.write("POST", "/device/token", Some(token)).await
    }

    pub async fn visitors(&self) -> Answer<Vec<Visitor>> {
        self.read("/visitors").await
    }

    pub async fn visitor_set(&self, id: &str, set: &VisitorSet) -> Answer<Visitor> {
        let id = id.split('/').map(part).collect::<Vec<_>>().join("/");
        self.write("PUT", &format!("/visitors/{id}"), Some(set)).await
    }

    pub async fn apps(&self) -> Answer<Vec<ConnectedApp>> {
        self.read("/apps").await
    }

    pub async fn app_revoke(&self, id: &str) -> Answer<()> {
        self.send("DELETE", &format!("/apps/{}", part(id)), None).await.map(drop)
    }

    pub async fn password_change(&self, change: &PasswordChange) -> Answer<()> {
        self.send("POST", "/password", Some(json(change)?)).await.map(drop)
    }

    pub async fn logout(&self, everywhere: bool) -> Answer<LoggedOut> {
        self.write("POST", "/logout", Some(&Logout { everywhere })).await
    }

    pub async fn whoami(&self) -> Answer<Whoami> {
        self.read("/whoami").await
    }

    pub async fn users(&self) -> Answer<Vec<User>> {
        self.read("/users").await
    }

    pub async fn user(&self, name: &str) -> Answer<User> {
        self.read(&format!("/users/{}", part(name))).await
    }

    pub async fn user_add(&self, add: &UserAdd) -> Answer<User> {
        self.write("POST", "/users", Some(add)).await
    }

    pub async fn user_set(&self, name: &str, set: &UserSet) -> Answer<User> {
        self.write("PUT", &format!("/users/{}", part(name)), Some(set)).await
    }

    pub async fn user_password(&self, name: &str, password: &str) -> Answer<()> {
        let body = json(&PasswordSet { password: password.to_owned() })?;
        let path = format!("/users/{}/password", part(name));
        self.send("POST", &path, Some(body)).await.map(drop)
    }

    pub async fn user_remove(&self, name: &str) -> Answer<()> {
        self.send("DELETE", &format!("/users/{}", part(name)), None).await.map(drop)
    }

    pub async fn tokens(&self) -> Answer<Vec<Token>> {
        self.read("/tokens").await
    }

    pub async fn token_create(&self, create: &TokenCreate) -> Answer<TokenMade> {
        self.write("POST", "/tokens", Some(create)).await
    }

    pub async fn token_revoke(&self, id: &str) -> Answer<()> {
        self.send("DELETE", &format!("/tokens/{}", part(id)), None).await.map(drop)
    }

    pub async fn roles(&self) -> Answer<Vec<Role>> {
        self.read("/roles").await
    }

    pub async fn role_set(&self, name: &str, verbs: &[String]) -> Answer<()> {
        let body = json(&RoleSet { verbs: verbs.to_vec() })?;
        self.send("PUT", &format!("/roles/{}", part(name)), Some(body)).await.map(drop)
    }

    pub async fn role_remove(&self, name: &str) -> Answer<()> {
        self.send("DELETE", &format!("/roles/{}", part(name)), None).await.map(drop)
    }

    /// Lists the rules of a pipeline, or all.
    pub async fn rules(&self, pipeline: Option<&str>) -> Answer<Vec<Rule>> {
        self.read(&rules(pipeline)).await
    }

    pub async fn rule_set(
        &self,
        pipeline: Option<&str>,
        role: &str,
        expression: &str,
    ) -> Answer<Rule> {
        let set = RuleSet { expression: expression.to_owned() };
        self.write("PUT", &format!("{}/{}", rules(pipeline), part(role)), Some(&set)).await
    }

    pub async fn rule_remove(&self, pipeline: Option<&str>, role: &str) -> Answer<()> {
        let path = format!("{}/{}", rules(pipeline), part(role));
        self.send("DELETE", &path, None).await.map(drop)
    }

    pub async fn rule_test(&self, expression: &str, user: &str) -> Answer<RuleTested> {
        let test = RuleTest { expression: expression.to_owned(), user: user.to_owned() };
        self.write("POST", "/rules/test", Some(&test)).await
    }

    /// Lists what was done from the newest, `limit` at the most.
    pub async fn audit(&self, query: &[(&str, &str)], limit: usize) -> Answer<Vec<AuditLink>> {
        let mut path = format!("/audit?limit={}", limit.clamp(1, 500));
        for (key, value) in query {
            path.push_str(&format!("&{key}={}", part(value)));
        }
        self.all(&path, limit).await
    }

    pub async fn audit_verify(&self, expect: Option<&str>) -> Answer<AuditVerdict> {
        let expect = expect.map(|head| format!("?expect={}", part(head))).unwrap_or_default();
        self.read(&format!("/audit/verify{expect}")).await
    }
}

fn rules(pipeline: Option<&str>) -> String {
    match pipeline {
        Some(name) => format!("/pipelines/{}/rules", part(name)),
        None => "/rules".to_owned(),
    }
}
