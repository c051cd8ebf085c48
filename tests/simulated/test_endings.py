"""How orders end that do not end at the door, and what becomes of their money and their food."""

from __future__ import annotations

import pytest


def behavior(**parts):
    return {"behavior": parts}


def the(rows):
    assert len(rows) == 1, rows
    return rows.iloc[0]


def told(result, books):
    """What the notification service told the customer, by the topics it was about."""
    parents = books.messages(result, "customer.notified")["parent"]
    return sorted(result.tables["requests"].set_index("request").loc[parents]["operation"])


class TestPayment:
    """Declined cards."""

    def test_a_declined_card_ends_the_order(self, street, books):
        """Synchronous: the order is cancelled before it is placed, never charged, and the customer is told (step 5)."""
        result = street(instance=behavior(customers={"declined_card": 1}))
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"], order["charged"]) == ("cancelled", "payment", 0)
        assert the(books.calls(result, "place_order"))["seen"] == 402
        assert told(result, books) == ["order.cancelled", "payment.declined"]
        assert books.messages(result, "order.placed").empty
        assert set(books.messages(result, "order.cancelled")["group"]) == {"notification", "payment", "store"}
        stores = the(result.tables["stores"])
        assert (stores["reserved"], stores["given_back"]) == (1, 1)
        books.assert_all_ended_well(result)

    def test_a_later_decline_cancels_what_was_placed(self, street, books):
        """Asynchronous: the decline comes as a message (21), the order is taken back everywhere, the customer told."""
        result = street(platform={"payment": {"mode": "async"}}, instance=behavior(customers={"declined_card": 1}))
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"], order["charged"]) == ("cancelled", "payment", 0)
        assert the(books.calls(result, "place_order"))["seen"] == 201
        assert the(books.calls(result, "withdraw"))["caller"] == "order"
        assert told(result, books) == ["notify", "order.cancelled", "order.placed"]
        assert result.tables["offers"].empty
        books.assert_all_ended_well(result)

    def test_a_decline_after_the_rider_has_set_out(self, street, books):
        """The bank takes its time: the rider, on the way to the store by then, is told, and picks nothing up."""
        result = street(
            riders=((-6400, 0, 240),),
            platform={
                "payment": {"mode": "async"},
                "services": {"payment": {"operations": {"order.placed": {"work": "2min"}}}},
            },
            instance=behavior(customers={"declined_card": 1}),
        )
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"], order["rider"]) == ("cancelled", "payment", 0)
        assert order["departed_at"] < the(books.messages(result, "rider.withdrawn"))["available_at"]
        assert books.calls(result, "picked_up").empty
        books.assert_all_ended_well(result)

    def test_a_cancellation_that_overtakes_the_charge_voids_it(self, street, books):
        """Cancelled 1 min after it was placed, while the bank takes 2: at its turn nothing is taken."""
        result = street(
            platform={
                "payment": {"mode": "async"},
                "services": {"payment": {"operations": {"order.placed": {"work": "2min"}}}},
            },
            instance=behavior(customers={"patience": "1min"}),
        )
        order = the(result.tables["orders"])
        assert (order["reason"], order["charged"], order["refunded"]) == ("patience", 0, 0)
        charge = the(books.calls(result, "order.placed", "payment"))
        assert charge["ended_at"] > order["ended_at"] + 50
        assert books.messages(result, "payment.succeeded").empty
        books.assert_all_ended_well(result)


class TestRejections:
    """Orders that never become one."""

    def test_a_bad_token_is_refused(self, street, books):
        """401: no order is created, nothing is reserved or charged."""
        result = street(instance=behavior(customers={"bad_token": 1}))
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"]) == ("rejected", "auth")
        assert the(books.calls(result, "authenticate"))["status"] == 401
        assert the(books.calls(result, "place_order"))["seen"] == 401
        assert books.calls(result, "create_order").empty
        books.assert_all_ended_well(result)

    def test_out_of_stock(self, city, books):
        """Who orders more than is left is rejected as unavailable; shelves are never overdrawn."""
        result = city(city={"stores": {"stock": 2, "items": 3}})
        outcomes = books.outcomes(result)
        assert outcomes["rejected", "unavailable"] > 5
        assert outcomes["delivered", ""] > 5
        assert set(books.calls(result, "check_availability")["status"]) == {200, 409}
        assert (result.tables["stores"]["left"] >= 0).all()
        books.assert_all_ended_well(result)

    def test_what_is_given_back_can_be_sold_again(self, city, books):
        """With patience shorter than any preparation, cancelled orders' units are given back and sold again."""
        over = {
            "stores": {"stock": 2, "items": 3},
            "riders": {"shifts": [{"start": "18:00", "end": "20:00", "riders": 1}]},
        }
        stingy = city(city=over)
        patient = {"customers": {"patience": "1min"}, "kitchens": {"preparation_starts": "on_accept"}}
        result = city(city=over | patient)
        stores = result.tables["stores"]
        assert stores["given_back"].sum() > 5
        assert stores["reserved"].sum() > stingy.tables["stores"]["reserved"].sum()
        books.assert_all_ended_well(result)


class TestPatience:
    """Customers who cancel (steps 19 and 20)."""

    def cancelled(self, street, minutes, **over):
        return street(instance=behavior(customers={"patience": f"{minutes}min"}), **over)

    def test_before_pick_up_it_is_cancelled(self, street, books):
        """At 20 min the food is not ready: withdrawn from the rider, refunded, given back, told."""
        result = self.cancelled(street, 10)
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"], order["rider"]) == ("cancelled", "patience", 0)
        assert order["refunded"] == order["charged"] > 0
        assert books.calls(result, "cancel_order")["status"].tolist() == [200, 200]
        assert the(books.messages(result, "rider.withdrawn"))["group"] == "app"
        assert "order.cancelled" in told(result, books)
        assert result.tables["legs"]["kind"].tolist() == ["to_store", "pickup", "wait"]
        stores = the(result.tables["stores"])
        assert (stores["reserved"], stores["given_back"], stores["n_cooked"]) == (1, 1, 0)
        assert len(books.messages(result, "kitchen.stopped")) == 1
        books.assert_all_ended_well(result)

    def test_the_app_does_not_ask_once_it_shows_the_pick_up(self, street, books):
        """Picked up at 25 min and shown: patience that ends at 30 min changes nothing."""
        result = self.cancelled(street, 20)
        assert books.outcomes(result) == {("delivered", ""): 1}
        assert books.calls(result, "cancel_order").empty

    def test_after_pick_up_it_is_refused(self, street, books):
        """The app does not know of the pick-up yet: the platform has the last word, 409, and the food arrives."""
        slow = {"notification": {"operations": {"order.picked_up": {"work": "5min"}}}}
        result = self.cancelled(street, 17, platform={"services": slow})
        asked = books.calls(result, "cancel_order", "gateway")
        assert asked["seen"].tolist() == [409]
        assert books.outcomes(result) == {("delivered", ""): 1}
        books.assert_all_ended_well(result)

    def test_the_next_order_gets_the_rider(self, street, books):
        """A rider whose only order is withdrawn at the store is free for the next one."""
        result = street(
            orders=((10, 60, 3200), (30, 40, 3200)), instance=behavior(customers={"patience": {"kind": "empirical",
            "values": [900, 7200]}}), seed=3,
        )  # fmt: skip
        outcomes = result.tables["orders"]["outcome"].tolist()
        assert sorted(outcomes) == ["cancelled", "delivered"]
        books.assert_all_ended_well(result)


class TestOffers:
    """Riders who say no, or nothing (steps 10 and 11)."""

    @pytest.mark.parametrize(
        ("riders", "answer"), [({"accept": 0.3}, "declined"), ({"accept": 0.3, "ignore": 0.7}, "timed_out")]
    )
    def test_an_order_is_offered_until_somebody_takes_it(self, street, books, riders, answer):
        """Every no counts; the order goes to a rider who accepts, and is delivered once."""
        orders = tuple((10 + i, 20 + i, 3200) for i in range(5))
        result = street(orders=orders, riders=((640, 0, 240),) * 3, instance=behavior(riders=riders))
        offers = result.tables["offers"]
        counts = offers["answer"].value_counts()
        assert counts[answer] > 3
        assert counts["accepted"] == 5 == counts.sum() - counts[answer]
        assert (result.tables["orders"]["n_offers"].to_numpy() == offers.groupby("order").size().to_numpy()).all()
        told = result.summary()["dispatch"]
        assert (told["offers"], told["accepted"], told[answer]) == (len(offers), 5, counts[answer])
        books.assert_all_ended_well(result)

    def test_who_said_no_has_a_pause(self, street, books):
        """No offer reaches a rider within the pause after a no, and none while another one is unanswered."""
        result = street(
            instance=behavior(riders={"accept": 0.2, "think_time": "40s"}), dispatch={"decline_pause": "5min"}, seed=2
        )
        offers = result.tables["offers"]
        assert len(offers) > 2
        gaps = offers["offered_at"].to_numpy()[1:] - offers["answered_at"].to_numpy()[:-1]
        assert (gaps >= 299).all()

    def test_an_answer_after_the_time_is_up_is_none(self, street, books):
        """A rider who thinks longer than an offer stands gets 410 and no order."""
        result = street(
            instance=behavior(riders={"think_time": "2min"}),
            dispatch={"offer_timeout": "45s", "give_up_after": "20min"},
        )
        assert set(books.calls(result, "accept_offer")["status"]) == {410}
        assert set(result.tables["offers"]["answer"]) <= {"timed_out", "withdrawn"}
        assert books.outcomes(result) == {("cancelled", "no_rider"): 1}
        books.assert_all_ended_well(result)

    def test_an_order_nobody_can_take_is_given_up(self, street, books):
        """With no rider on shift it is cancelled after `give_up_after`, at a decision, refunded and told."""
        result = street(riders=((640, 200, 240),), dispatch={"give_up_after": "30min"})
        order = the(result.tables["orders"])
        assert (order["outcome"], order["reason"]) == ("cancelled", "no_rider")
        assert order["refunded"] == order["charged"] > 0
        assert order["ended_at"] == pytest.approx(41 * 60, abs=5)
        assert "order.cancelled" in told(result, books)
        books.assert_all_ended_well(result)
