"""The numbered flow of one order, step by step, as the tables of a run tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from delivsim.record.result import Result

EVERYTHING = {
    "customers": {
        "view_profile": 1,
        "update_profile": 1,
        "track_every": "5min",
        "feedback": 1,
        "feedback_delay": "2min",
    },
    "riders": {"think_time": "9s", "report_every": "2min"},
}


@pytest.fixture
def one(street) -> Result:
    """One order, one rider, and everything customers and riders can do."""
    return street(instance={"behavior": EVERYTHING})


def the(rows: pd.DataFrame) -> Any:
    """The only row."""
    assert len(rows) == 1, rows
    return rows.iloc[0]


class TestTheNumberedFlow:
    """Every step of the flow happens, by the operation or topic it is named by, from whom to whom it says."""

    def test_1_to_4_and_7(self, one, books) -> None:
        """The app calls the gateway, that user and order, that the store: each call lies within its caller's."""
        place = the(books.calls(one, "place_order"))
        chain = [("authenticate", "gateway", "user"), ("create_order", "gateway", "order")]
        for operation, caller, service in chain:
            row = the(books.calls(one, operation))
            assert (row["caller"], row["service"], row["parent"]) == (caller, service, place["request"])
            assert place["arrived_at"] < row["sent_at"] < row["arrived_at"] < row["answered_at"] <= place["ended_at"]
        create, check = the(books.calls(one, "create_order")), the(books.calls(one, "check_availability"))
        assert (check["caller"], check["service"], check["parent"]) == ("order", "store", create["request"])
        order = the(one.tables["orders"])
        assert (place["caller"], place["status"], place["seen"]) == ("customer", 201, 201)
        assert place["sent_at"] >= order["placed_at"]
        assert order["responded_at"] == place["answered_at"]
        assert order["promised_at"] > place["answered_at"]

    def test_5_and_6(self, one, books) -> None:
        """Once the store has agreed the order is charged; then, and not before, it is placed."""
        create, charge = the(books.calls(one, "create_order")), the(books.calls(one, "charge"))
        assert (charge["caller"], charge["service"], charge["parent"]) == ("order", "payment", create["request"])
        assert the(books.calls(one, "check_availability"))["answered_at"] <= charge["sent_at"]
        for placed in books.messages(one, "order.placed").itertuples():
            assert placed.parent == create["request"]
            assert charge["answered_at"] <= placed.published_at <= create["ended_at"]
        assert the(one.tables["orders"])["charged"] > 0
        assert the(books.messages(one, "payment.succeeded"))["group"] == "notification"

    def test_8_and_9(self, one, books) -> None:
        """The order joins the open set; the next decision, on a whole minute, is about it."""
        joined = the(books.calls(one, "order.placed", "delivery"))
        message = the(books.messages(one, "order.placed", "delivery"))
        assert (joined["cause"], joined["parent"], joined["status"]) == ("message", message["message"], 200)
        first = one.tables["decisions"].iloc[0]
        assert first["decided_at"] == np.ceil(joined["ended_at"] / 60) * 60
        assert (first["n_orders"], first["n_riders"], first["n_offers"], first["policy"]) == (1, 1, 1, "nearest")

    def test_10_to_12_and_22(self, one, books) -> None:
        """The offer reaches the app of the rider, who thinks and accepts through the gateway; order hears."""
        offer, row = the(one.tables["offers"]), the(books.messages(one, "rider.offered"))
        assert (offer["offered_at"], offer["answer"], offer["rider"]) == (row["available_at"], "accepted", 0)
        by_app, by_gateway = books.calls(one, "accept_offer").itertuples()
        assert (by_app.caller, by_app.service, by_gateway.service) == ("rider", "gateway", "delivery")
        assert by_gateway.parent == by_app.request
        assert by_app.sent_at == pytest.approx(offer["offered_at"] + 9.0)
        assert offer["answered_at"] == the(one.tables["orders"])["assigned_at"] == by_app.answered_at
        assigned = the(books.messages(one, "order.assigned"))
        assert (assigned["group"], assigned["parent"]) == ("order", by_gateway.request)
        asked = the(books.calls(one, "request_preparation"))
        assert (asked["caller"], asked["service"]) == ("delivery", "store")

    def test_13(self, one, books) -> None:
        """The kitchen is asked, says when it is done, and both delivery and notification hear it."""
        assert the(books.messages(one, "kitchen.requested"))["group"] == "app"
        by_app, by_gateway = books.calls(one, "mark_ready").itertuples()
        assert (by_app.caller, by_app.service, by_gateway.service) == ("store_app", "gateway", "store")
        assert by_app.sent_at == the(one.tables["orders"])["ready_at"] == 25 * 60
        ready = books.messages(one, "order.ready")
        assert sorted(ready["group"]) == ["delivery", "notification"]
        assert set(ready["parent"]) == {by_gateway.request}

    @pytest.mark.parametrize("step", ["picked_up", "delivered"])
    def test_14_and_15(self, one, books, step) -> None:
        """The rider tells the platform when food changes hands, through the gateway; order and customer hear it."""
        by_app, by_gateway = books.calls(one, step).itertuples()
        assert (by_app.caller, by_app.service, by_gateway.service) == ("rider", "gateway", "delivery")
        assert by_app.sent_at == the(one.tables["orders"])[f"{step}_at"]
        told = books.messages(one, f"order.{step}")
        assert sorted(told["group"]) == ["notification", "order"]
        assert set(told["parent"]) == {by_gateway.request}

    def test_the_way(self, one, books) -> None:
        """Legs follow each other without a gap; the times can be added by hand."""
        legs, order = one.tables["legs"], the(one.tables["orders"])
        assert list(legs["kind"]) == ["to_store", "pickup", "wait", "pickup", "to_customer", "dropoff", "dropoff"]
        answered = books.calls(one, "picked_up").iloc[0]["answered_at"]
        ends = list(legs["ended_at"])
        assert list(legs["started_at"])[1:] == [*ends[:2], answered, *ends[3:6]]
        assert order["departed_at"] == order["assigned_at"]
        assert order["arrived_at"] == pytest.approx(order["departed_at"] + 120)
        assert order["picked_up_at"] == order["ready_at"]
        assert order["delivered_at"] == pytest.approx(answered + 120 + 600 + 120)

    def test_16(self, one, books) -> None:
        """A moving rider reports the position every two minutes, through the gateway, about no order."""
        rows = books.calls(one, "report_position", "gateway")
        assert set(rows["caller"]) == {"rider"}
        assert set(rows["order"]) == {-1}
        on_the_way = rows[rows["sent_at"] > the(one.tables["orders"])["picked_up_at"]]
        assert len(on_the_way) >= 4
        assert len(books.calls(one, "report_position", "delivery")) == len(rows)

    def test_17(self, one, books) -> None:
        """Each change of status reaches the phone through notification: confirmed, paid, ready, out, there."""
        notices = books.messages(one, "customer.notified")
        told = one.tables["requests"].set_index("request").loc[notices["parent"]]
        assert set(told["service"]) == {"notification"}
        topics = ["order.placed", "order.ready", "order.picked_up", "order.delivered"]
        assert sorted(told["operation"]) == sorted([*topics, "payment.succeeded"])
        assert [o for o in told["operation"] if o != "payment.succeeded"] == topics

    def test_18_and_19(self, one, books) -> None:
        """Profile, tracking and feedback go through the gateway to user, order and delivery, and are answered."""
        to = {"view_profile": "user", "update_profile": "user", "track_order": "order", "give_feedback": "delivery"}
        for operation, service in to.items():
            rows = books.calls(one, operation)
            assert set(zip(rows["caller"], rows["service"], strict=True)) == {
                ("customer", "gateway"),
                ("gateway", service),
            }
            assert set(rows["status"]) == {200}
        order = the(one.tables["orders"])
        assert 1 <= order["rating"] <= 5
        tracked = books.calls(one, "track_order", "gateway")["sent_at"]
        assert np.diff(tracked) == pytest.approx(300, abs=2)
        assert tracked.max() < order["delivered_at"]

    def test_riders_come_and_go(self, one, books) -> None:
        """The rider's shift begins and ends with a word to the delivery service."""
        assert the(books.calls(one, "go_online", "delivery"))["status"] == 200
        assert the(one.tables["orders"])["outcome"] == "delivered"

    def test_everything_has_a_cause(self, one) -> None:
        """Each request and message goes back to a client's request or a timer, and carries the order it is about."""
        requests, messages = one.tables["requests"], one.tables["messages"]
        parents = dict(zip(requests["request"], requests["parent"], strict=True))
        parents |= dict(zip(messages["message"], messages["parent"], strict=True))
        root = requests[requests["parent"] == 0]
        assert set(root["cause"]) == {"client", "timer"}
        for number in parents:
            at = number
            while parents[at]:
                assert parents[at] < at, "a cause comes before what it causes"
                at = parents[at]
            assert at in set(root["request"])
        about_none = {"dispatch", "go_online", "report_position"}
        assert set(requests[requests["order"] != 0]["operation"]) == about_none

    def test_every_call_lies_within_its_callers(self, one) -> None:
        """Sent, arrived, ended, answered come in this order, and a caller ends after all it called."""
        rows = one.tables["requests"]
        assert (rows["sent_at"] <= rows["arrived_at"]).all()
        assert (rows["arrived_at"] <= rows["ended_at"]).all()
        assert (rows["ended_at"] <= rows["answered_at"]).all()
        both = rows[rows["cause"] == "call"].merge(rows, left_on="parent", right_on="request", suffixes=("", "_by"))
        assert len(both) == (rows["cause"] == "call").sum()
        assert (both["arrived_at_by"] <= both["sent_at"]).all()
        assert (both["answered_at"] <= both["ended_at_by"]).all()
        assert (both["caller"].astype(str) == both["service_by"].astype(str)).all()


def test_async_payment_charges_what_was_placed(street, books):
    """The charge comes as a message after step 6; its confirmation reaches the customer through the gateway (21)."""
    result = street(platform={"payment": {"mode": "async"}})
    assert books.calls(result, "charge").empty
    charged = the(books.calls(result, "order.placed", "payment"))
    assert charged["sent_at"] > the(books.messages(result, "order.placed", "payment"))["published_at"]
    succeeded = the(books.messages(result, "payment.succeeded"))
    assert (succeeded["group"], succeeded["parent"]) == ("gateway", charged["request"])
    notify = the(books.calls(result, "notify"))
    assert (notify["caller"], notify["service"]) == ("gateway", "notification")
    books.assert_all_ended_well(result)


@pytest.mark.parametrize(("starts", "after"), [("on_order", "order.placed"), ("on_accept", "accept_offer")])
def test_when_preparation_starts(street, books, starts, after):
    """The kitchen is asked when the order is placed, or when a rider has accepted, as the scenario says (step 12)."""
    kitchens = {"preparation_starts": starts, "preparation": "6min"}
    result = street(instance={"behavior": {"kitchens": kitchens}})
    asked = the(books.calls(result, "request_preparation"))
    assert asked["parent"] == the(books.calls(result, after, "delivery"))["request"]
    requested = the(books.messages(result, "kitchen.requested"))["available_at"]
    assert the(result.tables["orders"])["ready_at"] == pytest.approx(requested + 360)
    books.assert_all_ended_well(result)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_ideal_platform_has_the_same_flow_at_zero_latency(street, books, mode):
    """Same operations and topics as ever, no visit, and not a moment between asking and answer."""
    over = {"instance": {"behavior": EVERYTHING}, "platform": {"kind": "ideal", "payment": {"mode": mode}}}
    result = street(**over)
    requests, messages = result.tables["requests"], result.tables["messages"]
    assert result.tables["visits"].empty
    assert (requests["answered_at"] == requests["sent_at"]).all()
    assert (messages["acknowledged_at"] == messages["published_at"]).all()
    assert {"place_order", "authenticate", "create_order", "check_availability"} <= set(requests["operation"])
    order = the(result.tables["orders"])
    assert order["responded_at"] == order["placed_at"] == 600.0
    assert order["delivered_at"] == 25 * 60 + 120 + 600 + 120
    books.assert_all_ended_well(result)
