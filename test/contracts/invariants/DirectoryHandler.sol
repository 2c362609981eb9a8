// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

/// @title Random calls of the functions for institutions and scenes
abstract contract DirectoryHandler is GovernanceHandler {
    /// @dev Jurisdiction and official number of each institution, which never change.
    mapping(uint32 id => string[2] texts) private _numbers;

    function registerInstitution(uint256 seed) external step(seed) {
        address by = _holderOf(ACCREDITOR);
        address admin = _oneIn(16) ? address(0) : _person();
        I.Profile memory profile = _profile();
        uint32 id = _expected.institutionCount + 1;
        bytes memory data = abi.encodeCall(I.registerInstitution, (admin, profile));
        if (!_call(by, data, _registerRefused(by, admin, profile), abi.encode(id))) return;
        _expected.institutionCount = id;
        I.Institution storage added = _expected.institutions[id];
        (added.admin, added.state, added.roles, added.scenes) = (admin, 1, profile.roles, profile.scenes);
        _expected.numbers[_numberOf(profile)] = id;
        _numbers[id] = [profile.jurisdiction, profile.officialNumber];
        _expectEntries(1);
        _settle(1);
    }

    function amendInstitution(uint256 seed) external step(seed) {
        (address by, uint32 id) = (_holderOf(ACCREDITOR), _institution());
        I.Profile memory profile = _profile();
        if (!_oneIn(8)) (profile.jurisdiction, profile.officialNumber) = (_numbers[id][0], _numbers[id][1]);
        bytes memory data = abi.encodeCall(I.amendInstitution, (id, profile));
        if (!_call(by, data, _amendRefused(by, id, profile), "")) return;
        _expected.institutions[id].roles = profile.roles;
        _expected.institutions[id].scenes = profile.scenes;
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
        _forgetNext(id);
        _expectEntries(1);
        _settle(1);
    }

    function nameAdmin(uint256 seed) external step(seed) {
        uint32 id = _institution();
        address by = _oneIn(2) ? _holderOf(ACCREDITOR) : _mostly(_expected.institutions[id].admin);
        address admin = _oneIn(16) ? address(0) : _person();
        bytes memory data = abi.encodeCall(I.nameAdmin, (id, admin));
        if (!_call(by, data, _nameRefused(by, id, admin), "")) return;
        I.Institution storage institution = _expected.institutions[id];
        bool itself = _namesItself(by, id);
        institution.nextAdmin = admin;
        institution.nextByGovernance = !itself;
        bool objects = institution.state == 1 && !itself;
        institution.nextAdminFrom = _now() + (objects ? OBJECTION_DELAY : ADMIN_DELAY);
        _expectEntries(1);
        _settle(1);
    }

    function cancelAdmin(uint256 seed) external step(seed) {
        uint32 id = _named();
        address by = _oneIn(2) ? _holderOf(ACCREDITOR) : _mostly(_expected.institutions[id].admin);
        if (!_call(by, abi.encodeCall(I.cancelAdmin, (id)), _cancelRefused(by, id), "")) return;
        _forgetNext(id);
        _expectEntries(1);
        _settle(1);
    }

    /// @dev Mostly one for which an admin is named.
    function _named() private returns (uint32 id) {
        for (uint256 tries = 0; tries < 12; ++tries) {
            id = _institution();
            if (_expected.institutions[id].nextAdmin != address(0)) return id;
        }
    }

    function _forgetNext(uint32 id) private {
        I.Institution storage institution = _expected.institutions[id];
        (institution.nextAdmin, institution.nextAdminFrom) = (address(0), 0);
        institution.nextByGovernance = false;
    }

    function acceptAdmin(uint256 seed) external step(seed) {
        uint32 id = _named();
        address next = _expected.institutions[id].nextAdmin;
        if (_oneIn(2)) _goNear(_expected.institutions[id].nextAdminFrom);
        address by = next == address(0) ? _someone() : _mostly(next);
        bytes memory data = abi.encodeCall(I.acceptAdmin, (id));
        if (!_call(by, data, _acceptRefused(by, id), "")) return;
        I.Institution storage institution = _expected.institutions[id];
        institution.admin = by;
        if (institution.nextByGovernance) institution.adminByGovernance = true;
        _forgetNext(id);
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
        uint256 scenes = _oneIn(4) ? _pick(type(uint256).max) : type(uint256).max;
        if (!_oneIn(16)) scenes &= ~uint256(1);
        return I.Profile(role, scenes, _printable(16), _printable(64), _names());
    }

    function _names() private returns (I.Names memory) {
        return I.Names(_text(256), _text(256), _text(256));
    }

    /// @dev Of any allowed length, mostly short; now and then of none, or of one byte too many.
    function _text(uint256 max) internal returns (string memory) {
        if (_oneIn(32)) return new string(_oneIn(2) ? 0 : max + 1);
        return new string(1 + _pick(_oneIn(8) ? max : 12));
    }

    /// @dev Of 0x21 to 0x7e; now and then with one character beside, or of a wrong length.
    function _printable(uint256 max) private returns (string memory) {
        if (_oneIn(32)) return new string(_oneIn(2) ? 0 : max + 1);
        bytes memory text = new bytes(1 + _pick(_oneIn(8) ? max : 6));
        for (uint256 i = 0; i < text.length; ++i) text[i] = bytes1(uint8(0x21 + _pick(94)));
        bytes memory wrong = hex"007f20ff80";
        if (_oneIn(16)) text[_pick(text.length)] = wrong[_pick(wrong.length)];
        return string(text);
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
