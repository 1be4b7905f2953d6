use super::*;

#[tokio::test(start_paused = true)]
async fn fifty_callers_share_one_request_for_a_token() {
    let (client, script) = client(Script::new(Vec::new()));
    let id = flow_id();
    let calls = (0..50).map(|_| client.flow(&id));
    let all = futures::future::join_all(calls).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(script.tokens().len(), 1);
    assert_eq!(script.calls().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn fifty_callers_share_one_refusal() {
    let bad = || {
        Ok(answer(401, &json!({"error": "invalid_client", "error_description": "no such client"})))
    };
    let (client, script) = client(Script::new(Vec::new()).with_tokens(vec![bad(), bad()]));
    let id = flow_id();
    let all = futures::future::join_all((0..50).map(|_| client.flow(&id))).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!((script.tokens().len(), script.calls().len()), (1, 0));
    let error = all.into_iter().next().expect("one").expect_err("no token");
    insta::assert_snapshot!(error, @"POST https://api.example/oauth/token: the tenant does not accept the credentials (status 401: invalid_client: no such client); check the environment variables CXONE_ID and CXONE_SECRET");
    // A failure is not kept: a mended client is not turned away.
    client.flow(&id).await.expect_err("refused anew");
    client.flow(&id).await.expect("a flow");
    assert_eq!(script.tokens().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_a_minute_before_its_end() {
    let tokens = vec![Ok(token_answer(1, 3600))];
    let (client, script) = client(Script::new(Vec::new()).with_tokens(tokens));
    for (advance, expected) in [(0, "token-1"), (3530, "token-1"), (11, "token-2"), (60, "token-2")]
    {
        tokio::time::advance(Duration::from_secs(advance)).await;
        client.flow(&flow_id()).await.expect("a flow");
        assert_eq!(script.calls().last().expect("a call").bearer(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_life_makes_no_circle() {
    for life in [0, 1, 30, 60] {
        let tokens = (1..9).map(|nth| Ok(token_answer(nth, life))).collect();
        let (client, script) = client(Script::new(Vec::new()).with_tokens(tokens));
        client.flow(&flow_id()).await.expect("a flow");
        client.flow(&flow_id()).await.expect("a flow");
        assert_eq!(script.tokens().len(), 1, "{life}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_outlasts_a_token_renews_it_before_it_sends() {
    let tokens = (1..9).map(|nth| Ok(token_answer(nth, 20))).collect();
    let script = Script::new(Vec::new()).with_tokens(tokens);
    let (client, script) = client_with(script, Settings { requests_per_second: 1, ..settings() });
    let id = flow_id();
    let all = futures::future::join_all((0..12).map(|_| client.flow(&id))).await;
    assert!(all.iter().all(Result::is_ok));
    let last = script.calls().pop().expect("a call");
    assert_ne!(last.bearer(), "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_and_the_call_repeated_once() {
    let (client, script) = client(Script::new(vec![status(401)]));
    client.flow(&flow_id()).await.expect("a flow");
    let bearers: Vec<_> = script.calls().iter().map(|call| call.bearer().to_owned()).collect();
    assert_eq!(bearers, ["token-1", "token-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_names_the_credentials() {
    let (client, script) = client(Script::new(vec![status(401), status(401)]));
    let error = client.flow(&flow_id()).await.expect_err("refused");
    insta::assert_snapshot!(error, @"GET /api/v2/flows/42: the tenant does not accept the credentials (two tokens in a row were refused with status 401); check the environment variables CXONE_ID and CXONE_SECRET");
    assert_eq!((script.tokens().len(), script.calls().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn many_refusals_of_one_token_replace_it_once() {
    let (client, script) = client(Script::new((0..5).map(|_| status(401)).collect()));
    let id = flow_id();
    let all = futures::future::join_all((0..5).map(|_| client.flow(&id))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((script.tokens().len(), script.calls().len()), (2, 10));
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_is_down_or_full_is_asked_again() {
    let tokens = vec![status(503), limited("3"), lost(), Ok(token_answer(1, 3600))];
    let (client, script) = client(Script::new(Vec::new()).with_tokens(tokens));
    client.flow(&flow_id()).await.expect("a flow");
    assert_eq!(client.requests(), RequestCounts { reads: 1, writes: 0, tokens: 4 });
    assert!(script.tokens().iter().all(|token| token.timeout.as_secs() == 10));
}

#[tokio::test(start_paused = true)]
async fn whatever_the_token_endpoint_says_is_told_plainly() {
    let redirect = Response::builder().status(302).header("location", "https://login.example/");
    let table = [
        (Ok(text_answer(200, "<html>Sign in</html>")), "a page, not a token: Sign in"),
        (Ok(text_answer(200, r#"{"access_token":"tok"#)), "the answer ends early"),
        (status(404), "does not offer this call (status 404)"),
        (Ok(redirect.body(Bytes::new()).expect("an answer")), "to https://login.example/"),
        (Ok(answer(400, &json!({"error": "invalid_scope"}))), "(status 400: invalid_scope); check"),
        (status(418), "answers with status 418"),
    ];
    for (token, expected) in table {
        let (client, script) = client(Script::new(Vec::new()).with_tokens(vec![token]));
        let error = client.flow(&flow_id()).await.expect_err("no token").to_string();
        assert!(error.starts_with("POST https://api.example/oauth/token: "), "{error}");
        assert!(error.contains(expected), "{error}");
        assert_eq!(script.tokens().len(), 1);
    }
}
