// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.30;

/// A mailbox for tests: announces tasks with the event and the hash of the real protocol, and
/// nothing more. It takes no fee and checks no answer.
contract TaskMailbox {
    struct OperatorSet {
        address avs;
        uint32 id;
    }

    struct TaskParams {
        address refundCollector;
        OperatorSet executorOperatorSet;
        bytes payload;
    }

    event TaskCreated(
        address indexed creator,
        bytes32 indexed taskHash,
        address indexed avs,
        uint32 executorOperatorSetId,
        uint32 operatorTableReferenceTimestamp,
        address refundCollector,
        uint96 avsFee,
        uint256 taskDeadline,
        bytes payload
    );

    uint256 public globalTaskCount;

    /// Announces `payload` to the operators of (`avs`, `id`), who have `sla` seconds to answer.
    function createTask(address avs, uint32 id, uint256 sla, bytes calldata payload)
        external
        returns (bytes32 taskHash)
    {
        TaskParams memory params = TaskParams(msg.sender, OperatorSet(avs, id), payload);
        taskHash = keccak256(abi.encode(globalTaskCount, address(this), block.chainid, params));
        globalTaskCount += 1;
        emit TaskCreated(
            msg.sender,
            taskHash,
            avs,
            id,
            uint32(block.timestamp),
            msg.sender,
            0,
            block.timestamp + sla,
            payload
        );
    }
}
