"""The user service: who may order, and their profiles."""

from __future__ import annotations

from typing import NamedTuple

from delivsim.services.effects import Commit, Load, Put
from delivsim.services.messages import Credentials, Profile, Response
from delivsim.services.service import Service


class Token(NamedTuple):
    """A bearer token that is valid, and whose it is; stored under the token itself."""

    user: int


async def authenticate(who: Credentials) -> Response[Profile]:
    """Find the user behind a bearer token (step 2); refused with 401."""
    token = await Load(Token, who.token)
    if token is None:
        return Response(401, None, "auth")
    return Response(200, await Load(Profile, token.user) or Profile(token.user))


async def view_profile(who: Profile) -> Response[Profile]:
    """Show a user's profile (step 19)."""
    return Response(200, await Load(Profile, who.user) or Profile(who.user))


async def update_profile(profile: Profile) -> Response[Profile]:
    """Change a user's profile (step 19)."""
    await Load(Profile, profile.user)
    await Commit((Put(profile.user, profile),))
    return Response(200, profile)


def user() -> Service:
    """Build the user service."""
    return Service(
        name="user",
        operations={
            "authenticate": authenticate,
            "view_profile": view_profile,
            "update_profile": update_profile,
        },
    )
