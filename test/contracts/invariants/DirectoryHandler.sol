// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

/// @title Random calls of the functions for institutions and scenes
abstract contract DirectoryHandler is GovernanceHandler {
    function registerInstitution(uint256 seed) external step(seed) {
        address by = _holderOf(ACCREDITOR);
        address admin = _oneIn(16) ? address(0) : _person();
        I.Profile memory profile = _profile();
        uint32 id = _expected.institutionCount + 1;
        bytes memory data = abi.encodeCall(I.registerInstitution, (admin, profile));
        if (!_call(by, data, _registerRefused(by, admin, profile), abi.encode(id))) return;
        _expected.institutionCount = id;
        _expected.institutions[id] = I.Institution(admin, 1, profile.roles, 0, address(0), 0);
        _expectEntries(1);
        _settle(1);
    }

    function amendInstitution(uint256 seed) external step(seed) {
        (address by, uint32 id) = (_holderOf(ACCREDITOR), _institution());
        I.Profile memory profile = _profile();
        bytes memory data = abi.encodeCall(I.amendInstitution, (id, profile));
        if (!_call(by, data, _amendRefused(by, id, profile), "")) return;
        _expected.institutions[id].roles = profile.roles;
        _expectEntries(1);
        _settle(1);
    }

    /// @dev Mostly active; withdrawn is for ever, and seldom.
    function setInstitutionState(uint256 seed) external step(seed) {
        (address by, uint32 id) = (_holderOf(ACCREDITOR), _institution());
        uint8[16] memory states = [0, 4, 255, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1];
        uint8 state = states[_pick(states.length)];
        bytes memory data = abi.encodeCall(I.setInstitutionState, (id, state));
        if (!_call(by, data, _stateRefused(by, id, state), "")) return;
        _expected.institutions[id].state = state;
        _expectEntries(1);
        _settle(1);
    }

    function scheduleAdmin(uint256 seed) external step(seed) {
        (address by, uint32 id) = (_holderOf(ACCREDITOR), _institution());
        address admin = _oneIn(16) ? address(0) : _person();
        bytes memory data = abi.encodeCall(I.scheduleAdmin, (id, admin));
        if (!_call(by, data, _scheduleRefused(by, id, admin), "")) return;
        _expected.institutions[id].nextAdmin = admin;
        _expected.institutions[id].nextAdminFrom = _now() + ADMIN_DELAY;
        _expectEntries(1);
        _settle(1);
    }

    function acceptAdmin(uint256 seed) external step(seed) {
        uint32 id = _institution();
        address next = _expected.institutions[id].nextAdmin;
        if (_oneIn(2)) _goNear(_expected.institutions[id].nextAdminFrom);
        address by = next == address(0) ? _someone() : _mostly(next);
        bytes memory data = abi.encodeCall(I.acceptAdmin, (id));
        if (!_call(by, data, _acceptRefused(by, id), "")) return;
        _expected.institutions[id].admin = by;
        (_expected.institutions[id].nextAdmin, _expected.institutions[id].nextAdminFrom) = (address(0), 0);
        _expectEntries(1);
        _settle(1);
    }

    function defineScene(uint256 seed) external step(seed) {
        address by = _holderOf(SCENE_KEEPER);
        string memory slug = _slug();
        I.Names memory names = _names();
        uint32 id = _expected.sceneCount + 1;
        bytes memory refusal = _sceneRefused(by, slug, names);
        bytes memory data = abi.encodeCall(I.defineScene, (slug, names, _oneIn(2), _oneIn(2)));
        if (!_call(by, data, refusal, abi.encode(id))) return;
        _slugs.push(slug);
        _expected.scenes[keccak256(bytes(slug))] = id;
        _expected.sceneCount = id;
        _expectEntries(1);
        _settle(1);
    }

    // ---- what is said of them

    function _institution() internal returns (uint32) {
        return _id(_expected.institutionCount);
    }

    function _profile() private returns (I.Profile memory) {
        uint8[16] memory roles = [0, 4, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3];
        uint8 role = roles[_pick(roles.length)];
        return I.Profile(role, _text(16), _text(64), _names());
    }

    function _names() private returns (I.Names memory) {
        return I.Names(_text(256), _text(256), _text(256));
    }

    /// @dev Of any allowed length, mostly short; now and then of none, or of one byte too many.
    function _text(uint256 max) internal returns (string memory) {
        if (_oneIn(32)) return new string(_oneIn(2) ? 0 : max + 1);
        return new string(1 + _pick(_oneIn(8) ? max : 12));
    }

    function _slug() private returns (string memory) {
        if (_oneIn(8)) return string(abi.encodePacked(bytes(hex"2d616d7a3039"), bytes1(uint8(_pick(256)))));
        if (_oneIn(16)) return new string(_oneIn(2) ? 0 : 65);
        if (_slugs.length != 0 && _oneIn(8)) return _slugs[_pick(_slugs.length)];
        bytes memory slug = new bytes(1 + _pick(64));
        for (uint256 i = 0; i < slug.length; ++i) slug[i] = bytes1(uint8(0x61 + _pick(26)));
        return string(slug);
    }
}
