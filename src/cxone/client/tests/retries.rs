use super::*;
use crate::cxone::Handling;
use crate::model::{DeploymentId, VersionId};

#[tokio::test(start_paused = true)]
async fn a_limited_call_waits_as_long_as_it_is_told() {
    let date = Response::builder()
        .status(429)
        .header("date", "Sat, 21 Nov 2026 08:00:00 GMT")
        .header("retry-after", "Sat, 21 Nov 2026 08:00:09 GMT")
        .body(Bytes::new())
        .expect("an answer");
    let answers = vec![limited("7"), Ok(date), limited("600")];
    let (client, script) = client(Script::new(answers));
    client.flow(&flow_id()).await.expect("a flow");
    assert_eq!(script.waits(), [7, 9, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_limited_call_that_is_told_nothing_waits_longer_each_time() {
    let (client, script) = client(Script::new((0..9).map(|_| status(429)).collect()));
    let error = client.flow(&flow_id()).await.expect_err("still limited");
    assert_eq!((error.kind(), error.handling()), (&ErrorKind::RateLimited, Handling::Transient));
    let waits = script.waits();
    assert_eq!(waits.len(), 5);
    for (wait, least) in waits.iter().zip([1, 2, 4, 8, 16]) {
        assert!((least..=least * 3 / 2).contains(wait), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_limited_call_slows_the_whole_tenant() {
    let (client, script) = client(Script::new(vec![limited("20")]));
    let id = flow_id();
    let first = client.flow(&id);
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.flow(&id).await
    };
    let (first, later) = futures::join!(first, later);
    assert!(first.is_ok() && later.is_ok());
    let times: Vec<_> = script.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_sat_out_with_growing_waits() {
    let down = vec![status(500), status(502), status(503), status(504), lost()];
    let (client, script) = client(Script::new(down));
    client.flow(&flow_id()).await.expect("a flow");
    let waits = script.waits();
    assert!(waits.is_sorted() && waits[4] >= 16, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_lasts_is_an_error() {
    let (client, script) = client(Script::new((0..9).map(|_| status(503)).collect()));
    let error = client.flow(&flow_id()).await.expect_err("still down");
    assert!(matches!(error.kind(), ErrorKind::Unavailable { status: 503, .. }));
    assert_eq!(script.calls().len(), 6);
    let (client, _) = super::client(Script::new((0..9).map(|_| lost()).collect()));
    let error = client.publish(&flow_id(), &VersionId::new("7"), &key()).await.expect_err("lost");
    insta::assert_snapshot!(error, @"POST /api/v2/flows/42/publish: api.example did not answer: connection reset; whether it took effect is not known, the next pass looks");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_port_is_named_soon() {
    let (client, script) = client(Script::new((0..9).map(|_| refused()).collect()));
    let error = client.flow(&flow_id()).await.expect_err("unreachable");
    assert!(matches!(error.kind(), ErrorKind::Unreachable(_)));
    assert_eq!(script.calls().len(), 3);
    assert!(script.start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final() {
    for code in [400, 403, 404, 405, 409, 422, 302, 418, 501] {
        let (client, script) = client(Script::new(vec![status(code)]));
        let version = VersionId::new("7");
        client.publish(&flow_id(), &version, &key()).await.expect_err("refused");
        assert_eq!(script.calls().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_repeat_of_a_create_is_the_same_to_the_byte() {
    let made = Ok(answer(201, &flow_body()));
    let (client, script) = client(Script::new(vec![lost(), status(502), limited("1"), made]));
    client.create_flow("Care", Some("all channels"), &key()).await.expect("a flow");
    let calls = script.calls();
    assert_eq!(calls.len(), 4);
    for call in &calls {
        assert_eq!(call.request.headers()["idempotency-key"], key().as_str());
        assert_eq!(call.request.body(), calls[0].request.body());
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_comes_back_as_a_conflict() {
    let conflict = json!({"code": "VERSION_CONFLICT", "message": "moved", "currentVersion": 15});
    let answers = vec![Ok(answer(200, &flow_body())), lost(), Ok(answer(409, &conflict))];
    let (client, _) = client(Script::new(answers));
    let flow = client.flow(&flow_id()).await.expect("an answer").expect("a flow");
    let error = client.put_flow(&flow).await.expect_err("moved");
    assert_eq!(error.conflict_code(), Some("VERSION_CONFLICT"));
    assert_eq!(error.handling(), Handling::Conflict);
    let ErrorKind::Conflict { current_version, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(*current_version, Some(15));
}

#[tokio::test(start_paused = true)]
async fn a_delete_whose_answer_was_lost_has_succeeded_when_nothing_is_left() {
    let (client, _) = client(Script::new(vec![lost(), status(404), status(404)]));
    client.delete_flow(&flow_id()).await.expect("gone");
    client.delete_flow(&flow_id()).await.expect_err("was not there");
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_requests_than_the_tenant_allows() {
    let settings = Settings { requests_per_second: 20, ..settings() };
    let (client, script) = client_with(Script::new(Vec::new()), settings);
    let id = flow_id();
    futures::future::join_all((0..90).map(|_| client.flow(&id))).await;
    let times: Vec<_> = script.asked().iter().map(|asked| asked.at).collect();
    for from in &times {
        let second = *from..*from + Duration::from_secs(1);
        assert!(times.iter().filter(|time| second.contains(time)).count() <= 20);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_needs_no_body_in_its_answer() {
    let (client, script) = client(Script::new(vec![status(202)]));
    client.rollback(&DeploymentId::new("d"), &key()).await.expect("accepted");
    assert_eq!(script.calls()[0].request.body(), "{}");
}
